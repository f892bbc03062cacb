import { rulesOf } from '../../simulator/oracle/stream-rules.ts'
import type { TruthLine } from '../../simulator/truth/truth.ts'
import type { Workspace } from '../../simulator/workspace/workspace.ts'
import type { ApiVersion } from '../../src/airbyte/source-config.ts'
import { findStream, rootOf } from '../../src/streams/table.ts'
import { streamsOfVersion } from '../../src/streams/versions.ts'
import type { World } from '../support/moving-world.ts'
import type { Destination } from './destination.ts'

/** Once everything has been read the tables hold what there is, and nothing else. @returns what is wrong, in words */
export function compareTables(
  { simulator }: Pick<World, 'simulator'>,
  version: ApiVersion,
  destination: Destination,
): string[] {
  const { workspace } = simulator
  const { inactive } = workspace.contacts
  function isDeletedCompany(id: string): boolean {
    const company = workspace.collection('companies').find(id)
    return company !== undefined && workspace.companies.deletedAt(company.plan) !== undefined
  }
  // A segment goes without moving its companies.
  const isOfLostSegment = (stream: string, key: string) =>
    stream === 'company_segments' && workspace.collection('segments').find(key.split(' ')[1] ?? '') === undefined
  const has = (list: string) => streamsOfVersion(version).some(({ name }) => name === list)
  /** Of which records of a root nothing tells that they are gone. */
  const untold: Readonly<Record<string, (id: string) => boolean>> = {
    // One that is archived or blocked stays as it was.
    contacts: (id) => !has('deleted_contacts') || (inactive.statusOf(id) !== undefined && !inactive.isDeleted(id)),
    conversations: () => !has('deleted_conversations'),
    companies: isDeletedCompany,
  }
  return destination.streams.flatMap((stream) => {
    const entry = findStream(stream)
    const all = [...workspace.truth({ version, streams: [stream] })]
    const lines = all.filter(({ visibleUntil }) => visibleUntil === null)
    const root = entry ? rootOf(entry).name : stream
    const isOptional = ({ id, parentId = id, optional, unseen }: TruthLine) =>
      optional === true || unseen === true || (root === 'companies' && isDeletedCompany(parentId))
    const keysOf = (some: TruthLine[]) => new Set(some.map(({ id }) => id))
    return destination.faults({
      stream,
      living: keysOf(lines.filter((line) => !isOptional(line))),
      optional: keysOf([...lines.filter(isOptional), ...leftWithinSecond(workspace, version, stream, all)]),
      isUntold: (rootId, key) => (untold[root]?.(rootId) ?? true) || isOfLostSegment(stream, key),
    })
  })
}

/**
 * What a record showed before it changed once more within the second of its present time. Times of whole seconds are all
 * by which rows that have left are known, so these stay until the record changes again (docs/streams.md).
 */
function leftWithinSecond(
  workspace: Workspace,
  version: ApiVersion,
  stream: string,
  lines: readonly TruthLine[],
): TruthLine[] {
  const { parent } = rulesOf(stream)
  if (!parent) return []
  const present = new Map<string, number | null>()
  for (const { id, updatedAt, visibleUntil } of workspace.truth({ version, streams: [parent.stream] }))
    if (visibleUntil === null) present.set(id, updatedAt)
  return lines.filter(
    ({ visibleUntil, parentId = '', updatedAt }) => visibleUntil !== null && present.get(parentId) === updatedAt,
  )
}
