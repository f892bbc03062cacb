import { readPagedList } from '../../intercom/endpoints/counted-list.ts'
import { cursorQuery, readCursorList } from '../../intercom/endpoints/cursor-list.ts'
import { asOneAnswer, readShapedList, shortageOf } from '../../intercom/endpoints/list-pages.ts'
import { type ScannedAnswer, scanAnswer } from '../../intercom/text/record-scanner.ts'
import type { PageTraits } from '../../streams/entries/stream-traits.ts'
import { MOST_ENTRIES } from '../delivered/seen.ts'
import { wantedMembers } from '../pages/search-pages.ts'
import { type CompanyRequest, readCompanies } from './company-pages.ts'

/** Some records of a list that is read whole. */
interface ListPart {
  answer: ScannedAnswer
  /** Records of the whole list. @defaultValue not known yet */
  size?: number
}

/** A list to read, and how much of it. */
type PartsRequest = CompanyRequest & {
  /** Nothing older is wanted, Unix seconds. Most lists come whole all the same. */
  from: () => number
}

/** Reads a list whole, in the way that its entry in the stream table names. */
export async function* listParts(request: Omit<PartsRequest, 'shape'>): AsyncGenerator<ListPart, void, void> {
  const { root, client, version, from } = request
  const { path, query, filtered } = root
  const shape = { recordsPath: root.recordsPath, members: wantedMembers(root) }
  const shaped = { ...request, shape }
  if (filtered?.list === 'scroll') for await (const answer of readCompanies(shaped)) yield { answer }
  else if (filtered?.list === 'pages') yield* numberedParts(shaped, filtered)
  else if (filtered?.list === 'cursor') {
    const asked = { path, version, query: { ...query, ...cursorQuery(filtered, from()) }, shape }
    for await (const answer of readCursorList(client, asked)) yield { answer }
  } else yield await wholeList(shaped)
}

async function wholeList({ root, client, version, shape, tell }: CompanyRequest): Promise<ListPart> {
  const { name, path, query } = root
  const list = await readShapedList(client, { path, version, query, shape })
  const shortage = shortageOf(list)
  if (shortage !== undefined) tell({ level: 'WARN', message: `${name}: ${shortage}` })
  const answer = asOneAnswer(list, shape)
  return { answer, size: answer.records?.length ?? 0 }
}

/** Pages by number, each as it comes. */
async function* numberedParts(
  { root, client, version, shape, tell, from }: PartsRequest,
  traits: PageTraits,
): AsyncGenerator<ListPart, void, void> {
  const pages = readPagedList(client, { ...root, ...traits }, { version, shape, from })
  for (;;) {
    const step = await pages.next()
    if (!step.done) {
      yield { answer: scanAnswer(step.value.body, shape), size: step.value.total }
      continue
    }
    const { readings, found, counted, isWhole } = step.value
    if (found >= counted || !isWhole) return
    const isRemembered = root.filtered?.byContent === true && counted <= MOST_ENTRIES
    const next = isRemembered
      ? 'the next sync reads all of them again'
      : 'what is missing does not come by itself; reset the stream to read it whole again'
    tell({
      level: 'WARN',
      message: `${root.name}: Intercom counts ${counted} and gave ${found} in ${readings} readings: ${next}`,
    })
    return
  }
}
