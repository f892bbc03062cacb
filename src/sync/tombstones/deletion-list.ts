import { defaultApiVersion, isSince, type SourceConfig } from '../../airbyte/source-config.ts'
import { RefusedError } from '../../intercom/answers/failures.ts'
import type { IntercomClient } from '../../intercom/client.ts'
import { withConfirmedAbsence } from '../../intercom/endpoints/confirmed.ts'
import { readPagedList } from '../../intercom/endpoints/counted-list.ts'
import { type ScannedAnswer, type ScannedRecord, scanAnswer } from '../../intercom/text/record-scanner.ts'
import type { PageTraits, TombstoneTraits } from '../../streams/entries/stream-traits.ts'
import { findStream, type StreamEntry } from '../../streams/table.ts'
import type { WalkPorts } from '../contract/walk.ts'

/** A record that Intercom lists as deleted. */
export interface Deletion {
  id: string
  /** Unix seconds. @defaultValue Intercom does not say */
  deletedAt?: number
  /** The record that it has become part of. */
  mergedInto?: string
}

/** What a list of deletions gave, or why there is none, for people. */
export type DeletionList = { deletions: readonly Deletion[] } | { absent: string }

const MEMBERS = ['id', 'updated_at', 'deleted_at', 'status', 'merged_into_id']

interface ListRequest {
  config: SourceConfig
  client: IntercomClient
  ports: Pick<WalkPorts, 'clock' | 'signal'>
  /** Deletions from before this time (Unix seconds) are not wanted, where the list tells when each was made. */
  from: number
}

/** Reads the list of what was deleted of a stream. @throws CodedError what the client throws, but for a missing list */
export async function readDeletions(traits: TombstoneTraits, request: ListRequest): Promise<DeletionList> {
  const { config, client, ports } = request
  const entry = traits.listedIn === undefined ? undefined : findStream(traits.listedIn)
  if (entry?.filtered?.list !== 'pages') return { deletions: [] }
  const version = config.api_version ?? traits.listVersion ?? defaultApiVersion
  if (entry.since !== undefined && !isSince(version, entry.since))
    return { absent: `API ${version} has no ${entry.name}: they came with ${entry.since}` }
  try {
    const reader = { ...request, client: withConfirmedAbsence(client, ports), version }
    const deletions = await readListed(entry, entry.filtered, reader)
    return { deletions: deletions.filter(({ status }) => isDeleted(traits, status)) }
  } catch (error) {
    if (!(error instanceof RefusedError) || !(error.isAbsence || error.unauthorized)) throw error
    return { absent: `Intercom does not give ${entry.name} (${error.failure.status}: ${error.failure.detail})` }
  }
}

function isDeleted({ statuses }: TombstoneTraits, status: string | undefined): boolean {
  return statuses === undefined || (status !== undefined && statuses.includes(status))
}

async function readListed(
  entry: StreamEntry,
  traits: PageTraits,
  { client, version, from }: ListRequest & { version: string },
): Promise<(Deletion & { status?: string })[]> {
  const shape = { recordsPath: entry.recordsPath, members: MEMBERS }
  const found = new Map<string, Deletion & { status?: string }>()
  for await (const { body } of readPagedList(client, { ...entry, ...traits }, { version, shape, from: () => from })) {
    const answer = scanAnswer(body, shape)
    for (const record of answer.records ?? []) {
      const deletion = toDeletion(answer, record)
      if (deletion && !(traits.newestFirst && (deletion.deletedAt ?? from) < from)) found.set(deletion.id, deletion)
    }
  }
  return [...found.values()]
}

/** Nobody has described all of these lists, so a member of another type counts as missing. */
function toDeletion({ body }: ScannedAnswer, { members }: ScannedRecord): (Deletion & { status?: string }) | undefined {
  const read = (name: string): unknown => {
    const span = members.get(name)
    return span && JSON.parse(body.toString('utf8', span.start, span.end))
  }
  const id = textOf(read('id'))
  if (id === undefined) return undefined
  const deletedAt = read('deleted_at')
  const status = textOf(read('status'))
  const mergedInto = textOf(read('merged_into_id'))
  return {
    id,
    ...(typeof deletedAt === 'number' && { deletedAt: Math.floor(deletedAt) }),
    ...(status !== undefined && { status }),
    ...(mergedInto !== undefined && { mergedInto }),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}
