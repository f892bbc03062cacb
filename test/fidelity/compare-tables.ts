import type { TruthLine } from '../../simulator/truth/truth.ts'
import type { ApiVersion } from '../../src/airbyte/source-config.ts'
import { findStream, rootOf } from '../../src/streams/table.ts'
import { streamsOfVersion } from '../../src/streams/versions.ts'
import type { Destination } from './destination.ts'
import type { World } from './world.ts'

/** Once everything has been read the tables hold what there is, and nothing else. @returns what is wrong, in words */
export function compareTables({ simulator }: World, version: ApiVersion, destination: Destination): string[] {
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
    const lines = [...workspace.truth({ version, streams: [stream] })].filter(
      ({ visibleUntil }) => visibleUntil === null,
    )
    const root = entry ? rootOf(entry).name : stream
    const isOptional = ({ id, parentId = id, optional, unseen }: TruthLine) =>
      optional === true || unseen === true || (root === 'companies' && isDeletedCompany(parentId))
    const keysOf = (some: TruthLine[]) => new Set(some.map(({ id }) => id))
    return destination.faults({
      stream,
      living: keysOf(lines.filter((line) => !isOptional(line))),
      optional: keysOf(lines.filter(isOptional)),
      isUntold: (rootId, key) => (untold[root]?.(rootId) ?? true) || isOfLostSegment(stream, key),
    })
  })
}
