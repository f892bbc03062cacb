import { CodedError } from '../../errors.ts'
import { RefusedError } from '../answers/failures.ts'
import { OtherFormError, scanList } from '../answers/own-list.ts'
import type { IntercomClient } from '../client.ts'
import type { RecordShape, ScannedAnswer, ScannedRecord } from '../text/record-scanner.ts'
import { joinedBody } from '../text/record-text.ts'
import { areSame } from '../text/same-set.ts'
import { nextPage } from './paging.ts'

const PATH = '/companies/list'
/** Intercom refuses more: "Per Page is too big". */
const PER_PAGE = 60
/** Intercom refuses the pages after so many companies. */
const LIST_CAP = 10_000
/** After so many readings, a list that changed during each of them is taken as it is. */
const MOST_PASSES = 5

export interface CompanyListOptions {
  client: IntercomClient
  version: string
  /** `id` and `updated_at` must be among the members. */
  shape: RecordShape
}

/** How reading the list ended. */
export interface CompanyListOutcome {
  /** Two passes in a row gave the same companies, and as many as Intercom counts. */
  agreed: boolean
  passes: number
  /** Companies met in any pass. */
  found: number
  /** Companies that Intercom counted in the end. */
  counted: number
}

/** There are more companies than the list gives, so it cannot stand in for the scroll. */
export class ListCappedError extends CodedError {
  constructor(reason: string) {
    super('intercom_unavailable', `${PATH} gives ${LIST_CAP} companies at most: ${reason}`)
    this.name = 'ListCappedError'
  }
}

/**
 * Reads the list of companies. It is sorted by the time of a company's last request, which moves while the pages are
 * read, so a company can slip from a page not yet read to one that was. So the list is read whole again until two passes
 * agree with each other and with Intercom's count. Each state of a company (`id` and `updated_at`) is given once.
 *
 * @yields bodies with records at the shape's place
 * @throws ListCappedError when the list cannot be complete
 */
export async function* readCompanyList(options: CompanyListOptions): AsyncGenerator<Buffer, CompanyListOutcome, void> {
  const given = new Set<string>()
  const ids = new Set<string>()
  const start = options.client.serverSeconds()
  let before = new Set<string>()
  for (let passes = 1; ; passes++) {
    const pass = new Set<string>()
    let counted = 0
    for await (const { answer, records, total } of readPass(options)) {
      const unseen = records.filter((record) => {
        const state = stateOf(answer, record, start)
        const isNew = !given.has(state)
        ids.add(memberText(answer, record, 'id'))
        pass.add(state)
        given.add(state)
        return isNew
      })
      counted = total
      if (unseen.length > 0) {
        const listed = unseen.map((record) => ({ answer, record }))
        yield joinedBody(listed, options.shape.recordsPath)
      }
    }
    const agreed = passes > 1 && pass.size === counted && areSame(pass, before)
    if (agreed || passes === MOST_PASSES) return { agreed, passes, found: ids.size, counted }
    before = pass
  }
}

/**
 * How many companies the list has. There are at least so many: the list leaves out those without users. Undefined when
 * Intercom gives no count. It only serves to check the scroll, so it never throws.
 */
export async function countListed({ client, version }: Omit<CompanyListOptions, 'shape'>): Promise<number | undefined> {
  const query = { page: '1', per_page: '1' }
  try {
    return await client.ask({ method: 'POST', path: PATH, query, version }, ({ body }) => {
      const total = scanList(body, { recordsPath: ['data'], members: [] }, PATH).envelope('total_count')
      return typeof total === 'number' ? total : undefined
    })
  } catch {
    return undefined
  }
}

interface ListPage {
  answer: ScannedAnswer
  records: ScannedRecord[]
  /** How many companies Intercom says the list has. */
  total: number
}

/** Every page once, from the first to the last. */
async function* readPass(options: CompanyListOptions): AsyncGenerator<ListPage, void, void> {
  let page: number | undefined = 1
  while (page !== undefined) {
    const answer: ListPage = await askPage(options, page)
    if (answer.total > LIST_CAP) throw new ListCappedError(`this workspace has ${answer.total}`)
    yield answer
    const next: number | undefined = answer.records.length > 0 ? nextPage(answer.answer.envelope('pages')) : undefined
    if (next !== undefined && next <= page)
      throw new CodedError('intercom_loop', `Intercom's page ${page} of ${PATH} leads back to page ${next}`)
    page = next
  }
}

async function askPage({ client, version, shape }: CompanyListOptions, page: number): Promise<ListPage> {
  const query = { page: String(page), per_page: String(PER_PAGE), order: 'desc' }
  try {
    return await client.ask({ method: 'POST', path: PATH, query, version }, ({ body }) => {
      const answer = scanList(body, shape, PATH)
      const total = answer.envelope('total_count')
      // Every page of this list has a count. A page without one is somebody else's answer.
      if (typeof total !== 'number') throw new OtherFormError(PATH)
      return { answer, records: answer.records, total }
    })
  } catch (error) {
    if (error instanceof RefusedError && isCap(error)) throw new ListCappedError(error.failure.detail)
    throw error
  }
}

/** `bad_request` can mean many things. Only its message names the cap. */
function isCap({ failure }: RefusedError): boolean {
  return failure.status === 400 && failure.intercomCode === 'bad_request' && /page limit/i.test(failure.detail)
}

/** `id` and `updated_at`. A company can change twice in a second while we read, so then its text counts too. */
function stateOf(answer: ScannedAnswer, record: ScannedRecord, start: number): string {
  const updatedAt = memberText(answer, record, 'updated_at')
  const text = Number(updatedAt) >= start ? textOf(answer, record) : ''
  return `${memberText(answer, record, 'id')} ${updatedAt} ${text}`
}

function textOf({ body }: ScannedAnswer, { start, end }: ScannedRecord): string {
  return body.toString('utf8', start, end)
}

function memberText({ body }: ScannedAnswer, { members }: ScannedRecord, name: string): string {
  const span = members.get(name)
  return span ? body.toString('utf8', span.start, span.end) : ''
}
