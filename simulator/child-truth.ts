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
      for (const { plan, ...parent } of parents.map(asParent)) {
        const shared = sharedTime(part, parent)
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
  for (const company of workspace.collection('companies').log) {
    const deletedAt = workspace.companies.deletedAt(company.plan)
    const parent = { ...asParent(company), ...endedAt(company, deletedAt) }
    if (!company.isListed || deletedAt === 0 || company.visibleFrom > (deletedAt ?? Number.POSITIVE_INFINITY)) continue
    for (const id of company.plan.segments ?? []) {
      for (const segment of segments.get(id) ?? []) {
        const shared = sharedTime(segment, parent)
        if (shared === undefined) continue
        const { id: parentId, updatedAt } = company.plan
        yield {
          stream,
          id: membershipKey(parentId, id),
          updatedAt,
          ...judge.hashes(stream, segment),
          ...shared,
          parentId,
        }
      }
    }
  }
}

const asParent = ({ plan, visibleFrom, visibleUntil }: RecordVersion): Visibility & Pick<RecordVersion, 'plan'> => ({
  plan,
  visibleFrom,
  visibleUntil,
})

function endedAt({ visibleUntil }: RecordVersion, end: number | undefined): { visibleUntil: number | null } {
  return { visibleUntil: end === undefined ? visibleUntil : Math.min(end, visibleUntil ?? end) }
}

function byId(versions: readonly RecordVersion[]): Map<string, RecordVersion[]> {
  const groups = new Map<string, RecordVersion[]>()
  for (const version of versions) {
    const group = groups.get(version.plan.id)
    if (group === undefined) groups.set(version.plan.id, [version])
    else group.push(version)
  }
  return groups
}

/** When both were visible. A moment counts only where one of the two lasted no longer. */
function sharedTime(one: Visibility, other: Visibility): Visibility | undefined {
  const visibleFrom = Math.max(one.visibleFrom, other.visibleFrom)
  const ends = [one.visibleUntil, other.visibleUntil].filter((end) => end !== null)
  const visibleUntil = ends.length === 0 ? null : Math.min(...ends)
  if (visibleUntil === null || visibleFrom < visibleUntil) return { visibleFrom, visibleUntil }
  const isMoment = visibleFrom === visibleUntil && [one, other].some((each) => each.visibleFrom === each.visibleUntil)
  return isMoment ? { visibleFrom, visibleUntil } : undefined
}
