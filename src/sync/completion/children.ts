import { isBarePageError, RefusedError } from '../../intercom/answers/failures.ts'
import { readOwnObject } from '../../intercom/answers/own-list.ts'
import { asOneAnswer, goesOn, readShapedList } from '../../intercom/endpoints/list-pages.ts'
import { type RecordShape, type ScannedAnswer, scanAnswer } from '../../intercom/text/record-scanner.ts'
import { isObject } from '../../json-object.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { inOrder, inOrderWhile } from '../concurrency/in-order.ts'
import { retypedMembers } from '../contract/member-types.ts'
import type { WalkContext } from '../contract/walk.ts'
import type { Row } from '../pages/search-pages.ts'
import { PARENT_UPDATED_AT } from './child-text.ts'
import type { GoneParents } from './gone-parents.ts'
import { askPatiently, MOST_ANSWERS, type PatientSetting, type RecheckLimit } from './patience.ts'
import type { Parent } from './pending-parents.ts'

/** The children of one parent, as Intercom answered them. */
export interface Children {
  answer: ScannedAnswer
  /** How many Intercom says there are. If there are too many, it returns only the newest. */
  total: number | undefined
  /** The same by the parent's own counter. @defaultValue unknown */
  counted?: number | undefined
}

/**
 * The result of asking for children. `unreadable`: even after long retrying Intercom did not give them. `gone`:
 * Intercom says that the parent is gone, and is asked again at the end. `deleted`: it has said so twice.
 */
export type FoundChildren = Children | 'unreadable' | 'gone' | 'deleted'

/** Where children are asked for. */
export interface ChildEndpoint extends PatientSetting {
  entry: StreamEntry
  /** Shared by all requests of one kind. @defaultValue a short answer is always requested again */
  recheckLimit?: RecheckLimit
  /** Collects the parents that are gone according to Intercom. */
  gone: GoneParents
}

/** Where a walk asks for the children of its parents. @param version `Intercom-Version` to send */
export function childEndpoint(
  entry: StreamEntry,
  version: string,
  { client, ports: { clock, signal } }: Pick<WalkContext, 'client' | 'ports'>,
  shared: Pick<ChildEndpoint, 'recheckLimit' | 'gone'>,
): ChildEndpoint {
  return { client, entry, version, clock, signal, ...shared }
}

/** A page of parents. */
export interface ParentPage {
  rows: readonly Row[]
  /** Whether the children of a parent are wanted. */
  isWanted(row: Row): boolean
  /** How many children a parent's own record shows. @defaultValue unknown */
  shownBy?(row: Row): number
}

/** Consecutive parents of one page, with their children where these were wanted. */
export interface ParentBatch<Page> {
  page: Page
  rows: readonly Row[]
  children: ReadonlyMap<Row, FoundChildren>
  /** The page's last batch. */
  last: boolean
}

/** Requests that one record or one list brings with it, in flight at the same time. */
const AT_ONCE = 10
/**
 * Parents whose children one lane reads ahead, of this page and of the next. The budget decides how many requests are
 * in flight; this is enough for the slowest answers, and the bytes bound the memory.
 */
const PARENTS_AHEAD = 300
const BYTES_AHEAD = 8 * 1024 * 1024
/** Parents passed on together: so few that their children do not fill the memory. */
const PARENTS_PER_BATCH = 25
const BYTES_PER_BATCH = 512 * 1024

/** Reads the children of parents, page after page, and passes the parents on with them, in order, a batch at a time. */
export async function* readChildren<Page extends ParentPage>(
  endpoint: ChildEndpoint,
  pages: Iterable<Page> | AsyncIterable<Page>,
): AsyncGenerator<ParentBatch<Page>, void, void> {
  let bytesAhead = 0
  const askWanted = async ({ page, row, last }: Place<Page>) => {
    const found = row && page.isWanted(row) ? await findChildren(endpoint, row, page.shownBy?.(row) ?? 0) : undefined
    const bytes = typeof found === 'object' ? found.answer.body.length : 0
    bytesAhead += bytes
    return { page, row, last, found, bytes }
  }
  const hasRoom = (underWay: number) => underWay < PARENTS_AHEAD && bytesAhead < BYTES_AHEAD
  let rows: Row[] = []
  let children = new Map<Row, FoundChildren>()
  let batchBytes = 0
  for await (const { page, row, last, found, bytes } of inOrderWhile(placesOf(pages), hasRoom, askWanted)) {
    bytesAhead -= bytes
    batchBytes += bytes
    if (row) rows.push(row)
    if (row && found) children.set(row, found)
    if (!last && rows.length < PARENTS_PER_BATCH && batchBytes < BYTES_PER_BATCH) continue
    yield { page, rows, children, last }
    rows = []
    children = new Map()
    batchBytes = 0
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

function inlineChildren(entry: StreamEntry, page: ScannedAnswer, { record }: Row): Children | undefined {
  const answer = scanAnswer(page.body.subarray(record.start, record.end), shapeOf(entry))
  const within = entry.recordsPath.slice(0, -1)
  if (!answer.records || goesOn(answer, within)) return undefined
  const count = answer.envelope([...within, 'total_count'].join('.'))
  const total = typeof count === 'number' ? count : undefined
  return isShort(entry, answer, total ?? 0) ? undefined : { answer, total }
}

/** Whether an answer holds fewer children than exist, although Intercom could still give more. */
function isShort({ child }: StreamEntry, { records = [] }: ScannedAnswer, total: number): boolean {
  return records.length < Math.min(total, child?.mostChildren ?? total)
}

/**
 * The children of one parent. An answer is requested again if it has fewer than the parent's record shows, or fewer
 * than the answer itself counts.
 *
 * @param shown how many the parent's own record shows. @defaultValue 0: unknown
 * @throws CodedError when the problem is not this parent alone: Intercom fails altogether, or refuses the endpoint
 */
export async function findChildren(endpoint: ChildEndpoint, parent: Parent, shown = 0): Promise<FoundChildren> {
  let fullest: Children | undefined
  for (let answers = 1; ; answers++) {
    const found = await askPatiently(() => askChildren(endpoint, parent.id), endpoint)
    if (found === 'gone') endpoint.gone.note(parent, endpoint.clock.monotonic())
    if (typeof found !== 'object') return found
    fullest = countOf(found) < countOf(fullest) ? fullest : found
    // Wherever we have seen the counter, it was right. If it ever counts something else, we soon stop asking again.
    const isIdle = endpoint.recheckLimit?.isReached() ?? false
    const total = Math.max(found.total ?? 0, shown, isIdle ? 0 : (found.counted ?? 0))
    if (!isShort(endpoint.entry, found.answer, total)) {
      if (answers > 1 && !isIdle) endpoint.recheckLimit?.paid()
      return { ...found, total }
    }
    if (answers === MOST_ANSWERS) endpoint.recheckLimit?.wasted()
    if (answers === MOST_ANSWERS || isIdle) return { ...(fullest ?? found), total }
  }
}

function countOf(children: Children | undefined): number {
  return children?.answer.records?.length ?? 0
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

/** The children of one parent. @param isAgain a bare page has come for them although the parent exists */
async function askChildren(endpoint: ChildEndpoint, parentId: string, isAgain = false): Promise<Children | 'gone'> {
  const { client, entry, version } = endpoint
  const path = (entry.child?.ownPath ?? entry.path).replace('{id}', encodeURIComponent(parentId))
  const shape = shapeOf(entry)
  try {
    const list = await readShapedList(client, { path, version, shape, isCompared: true })
    const counted = countedBy(entry, list.first)
    // If there are more than Intercom gives, only the counter shows it.
    const isCapped = counted !== undefined && counted > (entry.child?.mostChildren ?? Infinity)
    return { answer: asOneAnswer(list, shape), total: isCapped ? largest(list.total, counted) : list.total, counted }
  } catch (error) {
    if (error instanceof RefusedError && error.gone) return 'gone'
    if (!isBarePageError(error)) throw error
    if (await isGone(endpoint, parentId)) return 'gone'
    if (isAgain) throw error
    return askChildren(endpoint, parentId, true)
  }
}

/** Whether Intercom itself says that the parent is gone. */
async function isGone(endpoint: ChildEndpoint, parentId: string): Promise<boolean> {
  const { client, entry, version } = endpoint
  const path = `/${entry.child?.parent}/${encodeURIComponent(parentId)}`
  try {
    await client.ask({ method: 'GET', path, version }, ({ body }) => readOwnObject(body, path))
    return false
  } catch (error) {
    if (error instanceof RefusedError) return error.gone
    throw error
  }
}

/** How many children a parent's own answer counts. */
function countedBy({ child }: StreamEntry, answer: ScannedAnswer): number | undefined {
  const [place, name] = child?.counter ?? []
  const counters: unknown = place !== undefined && name !== undefined ? answer.envelope(place) : undefined
  const count = isObject(counters) && name !== undefined ? Number(counters[name]) - 1 : Number.NaN
  return Number.isNaN(count) ? undefined : count
}

function largest(one: number | undefined, other: number | undefined): number | undefined {
  return one !== undefined && other !== undefined ? Math.max(one, other) : (one ?? other)
}

function shapeOf(entry: StreamEntry): RecordShape {
  const { recordsPath, child } = entry
  const own = ['id', PARENT_UPDATED_AT, ...retypedMembers(entry)]
  return { recordsPath, members: child ? [...own, child.parentIdMember] : own }
}
