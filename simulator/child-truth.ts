import { membershipKey } from './oracle/stream-rules.ts'
import type { RecordVersion } from './records/record-version.ts'
import type { TextJudge } from './text-judge.ts'
import type { TruthLine } from './truth.ts'
import type { Workspace } from './workspace.ts'

/** Ms since the epoch; `visibleUntil` is `null` where there is no end. */
type Visibility = Pick<RecordVersion, 'visibleFrom' | 'visibleUntil'>

/** Every version of every part, once for each version of its conversation that it was part of. */
export function* partTruth(workspace: Workspace, judge: TextJudge): Generator<TruthLine> {
  const stream = 'conversation_parts'
  for (const parents of byId(workspace.collection('conversations').log).values()) {
    const [first] = parents
    if (first === undefined) continue
    for (const part of workspace.conversations.thread(first.plan).log) {
      const hashes = judge.hashes(stream, part)
      for (const parent of parents) {
        const { plan } = parent
        const end = isGone(parent, workspace) ? parent.endedAt : null
        // A part that newer ones push out is gone at once, whatever search shows of its conversation.
        const shared = sharedTime(part, parent, end, part.endedAt)
        if (shared === undefined) continue
        yield { stream, id: part.plan.id, updatedAt: plan.updatedAt, ...hashes, ...shared, parentId: plan.id }
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
    // What a company is when it is deleted could be read below it until then, be it shown yet or not.
    if (!company.isListed || deletedAt === 0 || actual.visibleFrom > (deletedAt ?? Number.POSITIVE_INFINITY)) continue
    for (const id of company.plan.segments ?? []) {
      const key = membershipKey(company.plan.id, id)
      // A visit changes nothing of a company that a sync could go by.
      const before = company.alike === undefined ? [] : (earlier.get(key) ?? [])
      earlier.set(key, before)
      for (const segment of segments.get(id) ?? []) {
        const ends = [company.endedAt, deletedAt, isGone(segment, workspace) ? segment.endedAt : null]
        // Below a company a segment is as it is now, and there from its creation on, whatever the list of segments shows
        // yet: one that is left or deleted before the list shows it could be had all the same.
        const current = { visibleFrom: segment.begunAt ?? segment.visibleFrom, visibleUntil: segment.endedAt }
        const shared = sharedTime(current, company, ...ends) ?? momentOf(sharedTime(current, actual))
        if (shared === undefined) continue
        const hashes = judge.hashes(stream, segment)
        // Nothing leads to a segment that changes below a company that does not: what it was before is as good.
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

/** Whether it is the last version of a record that was deleted: below it nothing is found from that moment on. */
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
 * When both were visible, be it for a moment.
 *
 * @param ends when what is below was not found any more, whatever search shows; what had been to be had until then stays
 *   known, though nobody is asked for it
 */
function sharedTime(
  one: Visibility,
  other: Visibility,
  ...ends: readonly (number | null | undefined)[]
): Visibility | undefined {
  const visibleFrom = Math.max(one.visibleFrom, other.visibleFrom)
  const visibleUntil = earliest(one.visibleUntil, other.visibleUntil)
  // Of two changes of one moment it is not known which was first: in between both could be read.
  if (visibleUntil !== null && visibleFrom > visibleUntil) return undefined
  const end = earliest(visibleUntil, ...ends)
  return { visibleFrom: end === null ? visibleFrom : Math.min(visibleFrom, end), visibleUntil: end }
}

/** What could be read below a parent before the list showed that the parent has it: known, and asked of nobody. */
function momentOf(time: Visibility | undefined): Visibility | undefined {
  return time && { visibleFrom: time.visibleFrom, visibleUntil: time.visibleFrom }
}

/** `null` where there is no end. */
function earliest(...ends: readonly (number | null | undefined)[]): number | null {
  const known = ends.filter((end) => end !== null && end !== undefined)
  return known.length === 0 ? null : Math.min(...known)
}
