import { membershipKey } from '../oracle/stream-rules.ts'
import type { RecordVersion } from '../records/record-version.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { TextJudge } from './text-judge.ts'
import type { TruthLine } from './truth.ts'

/** Ms since the epoch; `visibleUntil` is `null` when there is no end. */
type Visibility = Pick<RecordVersion, 'visibleFrom' | 'visibleUntil'>

/** Every version of every part, once for each version of its conversation that it was part of. */
export function* partTruth(workspace: Workspace, judge: TextJudge): Generator<TruthLine> {
  const stream = 'conversation_parts'
  for (const { part, parent, shared } of partsOfConversations(workspace))
    yield {
      stream,
      id: part.plan.id,
      updatedAt: parent.plan.updatedAt,
      ...judge.hashes(stream, part),
      ...shared,
      parentId: parent.plan.id,
    }
}

/** A version of a part and one of its conversation that could be read together. */
export interface SharedPart {
  part: RecordVersion
  parent: RecordVersion
  shared: Visibility
}

export function* partsOfConversations(workspace: Workspace): Generator<SharedPart> {
  for (const parents of byId(workspace.collection('conversations').log).values()) {
    const [first] = parents
    if (first === undefined) continue
    for (const part of workspace.conversations.thread(first.plan).log) {
      for (const parent of parents) {
        const end = isGone(parent, workspace) ? parent.endedAt : null
        // When newer parts push a part out, it is gone at once, whatever the search shows for its conversation.
        const shared = sharedTime(part, parent, end, part.endedAt)
        if (shared === undefined) continue
        yield { part, parent, shared }
      }
    }
  }
}

/** Every segment of every company that is not deleted, once for each pair of their versions. */
export function* membershipTruth(workspace: Workspace, judge: TextJudge): Generator<TruthLine> {
  const stream = 'company_segments'
  const segments = byId(workspace.collection('segments').log)
  const earlier = new Map<string, string[]>()
  for (const company of workspace.collection('companies').log) {
    const deletedAt = workspace.companies.deletedAt(company.plan)
    const actual = { visibleFrom: company.begunAt ?? company.visibleFrom, visibleUntil: company.endedAt }
    // A company's last version before its deletion could be read below the company until then, even if it was not shown
    // yet.
    if (!company.isListed || deletedAt === 0 || actual.visibleFrom > (deletedAt ?? Number.POSITIVE_INFINITY)) continue
    for (const id of company.plan.segments ?? []) {
      const key = membershipKey(company.plan.id, id)
      // A visit does not change anything in a company that a sync could notice.
      const before = company.alike === undefined ? [] : (earlier.get(key) ?? [])
      earlier.set(key, before)
      for (const segment of segments.get(id) ?? []) {
        const ends = [company.endedAt, deletedAt, isGone(segment, workspace) ? segment.endedAt : null]
        // Below a company a segment always has its present version, and exists from its creation on. The list of
        // segments may lag. A segment that was left or deleted before the list showed it could still be read there.
        const current = { visibleFrom: segment.begunAt ?? segment.visibleFrom, visibleUntil: segment.endedAt }
        const shared = sharedTime(current, company, ...ends) ?? momentOf(sharedTime(current, actual))
        if (shared === undefined) continue
        const hashes = judge.hashes(stream, segment)
        // If a segment changes and its company does not, a sync cannot notice. So the earlier version is just as good.
        const or = [...before, ...(hashes.or ?? [])]
        before.push(hashes.sha256)
        const { id: parentId, updatedAt } = company.plan
        yield {
          stream,
          id: membershipKey(parentId, id),
          updatedAt,
          ...hashes,
          ...(or.length > 0 && { or }),
          ...shared,
          parentId,
        }
      }
    }
  }
}

/** Whether it is the last version of a deleted record: nothing is found below the record from then on. */
const isGone = ({ stream, plan }: RecordVersion, workspace: Workspace): boolean =>
  workspace.collection(stream).find(plan.id) === undefined

function byId(versions: readonly RecordVersion[]): Map<string, RecordVersion[]> {
  const groups = new Map<string, RecordVersion[]>()
  for (const version of versions) {
    const group = groups.get(version.plan.id)
    if (group === undefined) groups.set(version.plan.id, [version])
    else group.push(version)
  }
  return groups
}

/**
 * The time in which both were visible, even if it is only a moment.
 *
 * @param ends when the record below was no longer found, whatever the search shows; a version that could be read before
 * then stays known, but no sync must deliver it
 */
function sharedTime(
  one: Visibility,
  other: Visibility,
  ...ends: readonly (number | null | undefined)[]
): Visibility | undefined {
  const visibleFrom = Math.max(one.visibleFrom, other.visibleFrom)
  const visibleUntil = earliest(one.visibleUntil, other.visibleUntil)
  // If two changes have the same time, we do not know which came first. Both versions could be read in between.
  if (visibleUntil !== null && visibleFrom > visibleUntil) return undefined
  const end = earliest(visibleUntil, ...ends)
  return { visibleFrom: end === null ? visibleFrom : Math.min(visibleFrom, end), visibleUntil: end }
}

/**
 * A version that could be read below a parent before the list showed that the parent has it. It is known, but no sync
 * must deliver it.
 */
function momentOf(time: Visibility | undefined): Visibility | undefined {
  return time && { visibleFrom: time.visibleFrom, visibleUntil: time.visibleFrom }
}

/** `null` when there is no end. */
function earliest(...ends: readonly (number | null | undefined)[]): number | null {
  const known = ends.filter((end) => end !== null && end !== undefined)
  return known.length === 0 ? null : Math.min(...known)
}
