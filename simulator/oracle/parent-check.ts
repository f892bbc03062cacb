import type { TruthLine } from '../truth/truth.ts'
import type { FaultList } from './report.ts'
import { rulesOf, type StreamRules } from './stream-rules.ts'
import type { TruthIndex } from './truth-index.ts'

/** A record read below a parent, as it was delivered. */
export interface DeliveredChild {
  stream: string
  id: string
  /** The members added to it, JSON texts by name. */
  added: Readonly<Record<string, string>>
  line: number
}

/** Compares with the truth what a child says about its parent: whose child it is, and when the parent had changed. */
export function checkParent(
  { stream, id, added, line }: DeliveredChild,
  parent: NonNullable<StreamRules['parent']>,
  truth: TruthIndex,
  faults: FaultList,
): void {
  const parentId = truth.versions(stream, id)?.[0]?.parentId
  if (parentId === undefined) return
  const told = added[parent.member]
  // The catalog decides whether an id is a text or a number.
  if (told === undefined || told.replace(/^"|"$/g, '') !== parentId) {
    faults.add('wrong_parent', stream, `line ${line}: ${id} belongs to ${parentId}, ${parent.member} is ${told}`)
  }
  const time = Number(added.parent_updated_at ?? Number.NaN)
  const known = timedVersions(parent.stream, parentId, truth) ?? truth.versions(stream, id)
  if (!known?.some(({ updatedAt }) => updatedAt === time)) {
    faults.add('wrong_parent', stream, `line ${line}: ${parentId} never had parent_updated_at ${time}`)
  }
}

/**
 * The versions of a record that has times of its own: of the record, or of the one that it is read below. A row inside a
 * part tells when the part's conversation had changed, and the search may still find the conversation under an earlier
 * time when it has the part already. No version of the part has such a time, and the part itself is delivered with it.
 */
function timedVersions(stream: string, id: string, truth: TruthIndex): readonly TruthLine[] | undefined {
  const versions = truth.versions(stream, id)
  const { parent } = rulesOf(stream)
  const parentId = versions?.[0]?.parentId
  if (parent === undefined || parentId === undefined) return versions
  return timedVersions(parent.stream, parentId, truth) ?? versions
}
