import { isBarePageError, RefusedError } from '../../intercom/answers/failures.ts'
import { readOwnObject } from '../../intercom/answers/own-list.ts'
import { asOneAnswer, readShapedList } from '../../intercom/endpoints/list-pages.ts'
import type { RecordShape, ScannedAnswer } from '../../intercom/text/record-scanner.ts'
import { isObject } from '../../json-object.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { retypedMembers } from '../contract/member-types.ts'
import type { WalkContext } from '../contract/walk.ts'
import { askMembers } from './ask-members.ts'
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
  /** Bytes of answers that the attempt may hold. */
  mostBytes: () => number
}

/** Where a walk asks for the children of its parents. @param version `Intercom-Version` to send */
export function childEndpoint(
  entry: StreamEntry,
  version: string,
  { client, ports: { clock, signal, mostBytes } }: Pick<WalkContext, 'client' | 'ports'>,
  shared: Pick<ChildEndpoint, 'recheckLimit' | 'gone'>,
): ChildEndpoint {
  return { client, entry, version, clock, signal, mostBytes, ...shared }
}

/** Whether an answer holds fewer children than exist, although Intercom could still give more. */
export function isShort({ child }: StreamEntry, { records = [] }: ScannedAnswer, total: number): boolean {
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
  const found = await askOnce(endpoint, parent)
  if (typeof found !== 'object') return found
  const total = totalOf(endpoint, found, shown)
  if (!isShort(endpoint.entry, found.answer, total)) return { ...found, total }
  const recheck = () => askAgain(endpoint, parent, shown, found)
  return endpoint.recheckLimit?.inTurn(recheck) ?? recheck()
}

async function askOnce(endpoint: ChildEndpoint, parent: Parent): Promise<FoundChildren> {
  const found = await askPatiently(() => askChildren(endpoint, parent.id), endpoint)
  if (found === 'gone') endpoint.gone.note(parent, endpoint.clock.monotonic())
  return found
}

/** Asks again for children that came short, until they are all there or asking has to end. */
async function askAgain(
  endpoint: ChildEndpoint,
  parent: Parent,
  shown: number,
  short: Children,
): Promise<FoundChildren> {
  const { entry, recheckLimit } = endpoint
  let fullest = short
  let total = totalOf(endpoint, short, shown)
  for (let answers = 1; answers < MOST_ANSWERS && !recheckLimit?.isReached(); answers++) {
    const found = await askOnce(endpoint, parent)
    if (typeof found !== 'object') return found
    if (countOf(found) >= countOf(fullest)) fullest = found
    total = totalOf(endpoint, found, shown)
    if (isShort(entry, found.answer, total)) continue
    if (!recheckLimit?.isReached()) recheckLimit?.paid()
    return { ...found, total }
  }
  if (recheckLimit?.isReached()) return { ...fullest, total: totalOf(endpoint, fullest, shown) }
  recheckLimit?.wasted()
  return { ...fullest, total }
}

/** How many children a parent has, by its own record, the answer and, while this can be trusted, its counter. */
function totalOf({ recheckLimit }: ChildEndpoint, { total = 0, counted = 0 }: Children, shown: number): number {
  // Wherever we have seen the counter, it was right. If it ever counts something else, we soon stop asking again.
  return Math.max(total, shown, recheckLimit?.isReached() ? 0 : counted)
}

function countOf({ answer }: Children): number {
  return answer.records?.length ?? 0
}

/** The children of one parent. @param isAgain a bare page has come for them although the parent exists */
async function askChildren(endpoint: ChildEndpoint, parentId: string, isAgain = false): Promise<Children | 'gone'> {
  const { client, entry, version } = endpoint
  if (entry.child?.members) return askMembers(endpoint, entry.child.members, parentId, childShapeOf(entry))
  const path = (entry.child?.ownPath ?? entry.path).replace('{id}', encodeURIComponent(parentId))
  const query = queryOf(entry, parentId)
  const shape = childShapeOf(entry)
  try {
    const list = await readShapedList(client, { path, version, query, shape, isCompared: true })
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

function queryOf({ child }: StreamEntry, parentId: string): Record<string, string> | undefined {
  const members = Object.entries(child?.query ?? {})
  if (members.length === 0) return undefined
  return Object.fromEntries(members.map(([name, value]) => [name, value.replace('{id}', parentId)]))
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

/** What is read of an answer with children. */
export function childShapeOf(entry: StreamEntry): RecordShape {
  const { recordsPath, child, primaryKey } = entry
  // An `id` that is no key (an event has that of its contact) would make one record of many.
  const keys = primaryKey.some(([name]) => name === 'id') ? ['id'] : []
  const members = [...keys, PARENT_UPDATED_AT, ...retypedMembers(entry), ...(child ? [child.parentIdMember] : [])]
  return { recordsPath, members: [...new Set(members)], ...(child?.isSingle && { isSingle: true }) }
}
