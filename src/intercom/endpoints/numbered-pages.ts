import { CodedError } from '../../errors.ts'

/** What the request for a page carries beside that for its list: `page`, or a cursor. */
export type PagePlace = Readonly<Record<string, string>>

/** A page as far as the reader of pages has to know it. */
export interface NumberedPage {
  /** Where the next page is; undefined on the last one. */
  next: PagePlace | undefined
  /** What tells its records apart. */
  keys: readonly string[]
}

/** A list in pages, and what its pages may look like. */
interface PagedList<Page extends NumberedPage> {
  /** For people. */
  path: string
  /** Where the first page is. @defaultValue where the list is */
  first?: PagePlace
  /** @param page which page it is, from 1 */
  ask(place: PagePlace, page: number): Promise<Page>
  /**
   * How an empty page is taken that names a next one: as the end of the list, as a page that brings nothing new, or as
   * one to skip, unless the page before it was empty too.
   */
  emptyPage: 'end' | 'nothing new' | 'skip'
  /**
   * What shows that paging gets on: a record that no page before had, or a higher page number. Numbers are for lists that
   * move while they are read: all records of a page can have been on the pages before it.
   */
  progress: 'new records' | 'higher numbers'
}

/**
 * Reads the pages of a list once, from the first to the last. Every list that names its pages by number is read here.
 *
 * @throws CodedError `intercom_loop` after a page that names a next one and brings no progress; what `ask` throws
 */
export async function* readNumberedPages<Page extends NumberedPage>(
  list: PagedList<Page>,
): AsyncGenerator<Page, void, void> {
  const met = new Set<string>()
  let place = list.first ?? {}
  let wasEmpty = false
  for (let count = 1; ; count++) {
    const page = await list.ask(place, count)
    yield page
    const before = met.size
    for (const key of page.keys) met.add(key)
    const isEmpty = page.keys.length === 0
    if (page.next === undefined || (isEmpty && list.emptyPage === 'end')) return
    const isSkipped = isEmpty && list.emptyPage === 'skip' && !wasEmpty
    if (list.progress === 'new records' && met.size === before && !isSkipped)
      throw new CodedError('intercom_loop', `Paging through ${list.path} leads in circles`)
    if (list.progress === 'higher numbers' && numberOf(page.next) <= numberOf(place))
      throw new CodedError(
        'intercom_loop',
        `Intercom's page ${numberOf(place)} of ${list.path} leads back to page ${numberOf(page.next)}`,
      )
    wasEmpty = isEmpty
    place = page.next
  }
}

function numberOf({ page = '1' }: PagePlace): number {
  return Number(page)
}
