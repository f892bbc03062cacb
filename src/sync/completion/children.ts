import { goesOn } from '../../intercom/endpoints/list-pages.ts'
import { type ScannedAnswer, scanAnswer } from '../../intercom/text/record-scanner.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { inOrder, inOrderWhile } from '../concurrency/in-order.ts'
import type { Row } from '../pages/search-pages.ts'
import {
  type ChildEndpoint,
  type Children,
  childShapeOf,
  type FoundChildren,
  findChildren,
  isShort,
} from './ask-children.ts'
import type { GoneParents } from './gone-parents.ts'
import type { Parent } from './pending-parents.ts'
import { createPrefetch } from './prefetch.ts'

/** A page of parents. */
interface ParentPage {
  rows: readonly Row[]
  /** Whether the children of a parent are wanted. */
  isWanted(row: Row): boolean
  /** How many children a parent's own record shows. @defaultValue unknown */
  shownBy?(row: Row): number
}

/** Consecutive parents of one page, with their children where these were wanted. */
interface ParentBatch<Page> {
  page: Page
  rows: readonly Row[]
  children: ReadonlyMap<Row, FoundChildren>
  /** The page's last batch. */
  last: boolean
}

/** Requests that one record or one list brings with it, in flight at the same time. */
const AT_ONCE = 10
/** Parents whose children one lane reads ahead, of this page and of the next; `Prefetch` bounds the memory. */
const PARENTS_AHEAD = 300
/**
 * Parents passed on together: so few that their children do not fill the memory. The first goes alone, because somebody
 * waits for it.
 */
const PARENTS_PER_BATCH = 25
const BYTES_PER_BATCH = 512 * 1024

/** Reads the children of parents, page after page, and passes the parents on with them, in order, a batch at a time. */
export async function* readChildren<Page extends ParentPage>(
  endpoint: ChildEndpoint,
  pages: Iterable<Page> | AsyncIterable<Page>,
): AsyncGenerator<ParentBatch<Page>, void, void> {
  const ahead = createPrefetch(endpoint.mostBytes)
  const askWanted = async ({ page, row, last }: Place<Page>) => {
    if (!row || !page.isWanted(row)) return { page, row, last, found: undefined, bytes: 0 }
    ahead.asked()
    const found = await findChildren(endpoint, row, page.shownBy?.(row) ?? 0)
    const bytes = typeof found === 'object' ? found.answer.body.length : 0
    ahead.came(bytes)
    return { page, row, last, found, bytes }
  }
  const hasRoom = (underWay: number) => underWay < PARENTS_AHEAD && ahead.hasRoom()
  let rows: Row[] = []
  let children = new Map<Row, FoundChildren>()
  let batchBytes = 0
  let mostParents = 1
  for await (const { page, row, last, found, bytes } of inOrderWhile(placesOf(pages), hasRoom, askWanted)) {
    if (found) ahead.taken(bytes)
    batchBytes += bytes
    if (row) rows.push(row)
    if (row && found) children.set(row, found)
    if (!last && rows.length < mostParents && batchBytes < BYTES_PER_BATCH) continue
    yield { page, rows, children, last }
    rows = []
    children = new Map()
    batchBytes = 0
    mostParents = PARENTS_PER_BATCH
  }
}

/** A parent and its page; an empty page has one place without a parent. */
interface Place<Page> {
  page: Page
  row?: Row
  last: boolean
}

async function* placesOf<Page extends ParentPage>(
  pages: Iterable<Page> | AsyncIterable<Page>,
): AsyncGenerator<Place<Page>, void, void> {
  for await (const page of pages) {
    for (const [index, row] of page.rows.entries()) yield { page, row, last: index === page.rows.length - 1 }
    if (page.rows.length === 0) yield { page, last: true }
  }
}

/**
 * Takes the children from the parents' own records. Where a record has no list, or an incomplete one, they are
 * requested.
 */
export async function readInlineChildren(
  endpoint: ChildEndpoint,
  page: ScannedAnswer,
  parents: readonly Row[],
): Promise<Map<Row, FoundChildren>> {
  const found = new Map<Row, FoundChildren>()
  const find = async (row: Row) =>
    [row, inlineChildren(endpoint.entry, page, row) ?? (await findChildren(endpoint, row))] as const
  for await (const [row, children] of inOrder(parents, AT_ONCE, find)) found.set(row, children)
  return found
}

/** The children inside a parent's own record. @returns undefined when they have to be requested */
export function inlineChildren(entry: StreamEntry, page: ScannedAnswer, { record }: Row): Children | undefined {
  const answer = scanAnswer(page.body.subarray(record.start, record.end), childShapeOf(entry))
  const within = entry.recordsPath.slice(0, -1)
  if (!answer.records || goesOn(answer, within)) return undefined
  const count = answer.envelope([...within, 'total_count'].join('.'))
  const total = typeof count === 'number' ? count : undefined
  return isShort(entry, answer, total ?? 0) ? undefined : { answer, total }
}

/** Asks again for the parents that are gone according to Intercom. If Intercom still says so, they are deleted. */
export async function* askGoneAgain(
  endpoint: ChildEndpoint,
): AsyncGenerator<{ parent: Parent; children: FoundChildren }, void, void> {
  const { clock, signal, gone } = endpoint
  const askAgain = async ({ parent, askAt }: ReturnType<GoneParents['take']>[number]) => {
    const waitMs = askAt - clock.monotonic()
    if (waitMs > 0) await clock.sleep(waitMs, signal)
    const children = await findChildren(endpoint, parent)
    return { parent, children: children === 'gone' ? ('deleted' as const) : children }
  }
  yield* inOrder(gone.take(), AT_ONCE, askAgain)
}
