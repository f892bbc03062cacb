import Type, { type Static } from 'typebox'
import { CodedError } from '../../errors.ts'
import { parseStored } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { unlessRemoved } from '../segments/removed-log.ts'
import { parseIndexed } from '../segments/segment-index.ts'
import { noSegmentReader, type SegmentReader } from '../segments/segment-reading.ts'
import { StreamStateSchema } from '../stored-request.ts'
import { readCheckpointsScript } from './read-checkpoints.lua.ts'

/** Where the checkpoints of logs are. */
export interface CheckpointSource {
  redis: StoreClient
  /** @defaultValue logs that have left Redis cannot be read here */
  segmentReader?: SegmentReader | undefined
}

/** The last checkpoint of each stream that is still missing. */
interface Search {
  /** Messages before those that are looked through. */
  after: number
  /** Offset of the last of them. */
  at: number
  missing: Set<string>
  found: Map<string, Record<string, unknown>>
}

/** Prefix of the states that a job began with, in its hash of states. */
export const givenPrefix = 'given:'
const entriesPerRead = 64
const segmentsPerRead = 64

/**
 * The last checkpoint of each stream among the messages after the first `after` and up to `at`.
 *
 * @throws CodedError `log_gone`, `log_damaged`
 */
export async function readCheckpoints(
  source: CheckpointSource,
  jobId: number,
  after: number,
  at: number,
): Promise<Map<string, Record<string, unknown>>> {
  const names = await storeAnswer(source.redis.hkeys(source.redis.keyspace.job(jobId, 'states')))
  const missing = new Set(names.filter((name) => !name.startsWith(givenPrefix)))
  const search = { after, at, missing, found: new Map() }
  await searchWindow(source, jobId, search)
  await searchSegments(source, jobId, search)
  return search.found
}

/** Backwards, because if every stream has a recent checkpoint, only a small part of the log is read. */
async function searchWindow({ redis }: CheckpointSource, jobId: number, search: Search): Promise<void> {
  for (let before = ''; search.at > search.after && search.missing.size > 0; ) {
    const [outcome, next = '', ...entries] = await runScript(redis, readCheckpointsScript, {
      keys: { logKey: redis.keyspace.job(jobId, 'log'), dataKeyKey: redis.keyspace.job(jobId, 'dataKey') },
      args: { offset: search.at, before, after: search.after, mostEntries: entriesPerRead },
    })
    if (outcome === 'GONE') throw new CodedError('log_gone')
    for (const entry of entries) take(jobId, search, entry)
    if (next === '') return
    before = next
  }
}

/** What has left Redis is older than everything there. What leaves it meanwhile is found here. */
async function searchSegments(
  { redis, segmentReader = noSegmentReader }: CheckpointSource,
  jobId: number,
  search: Search,
): Promise<void> {
  const key = redis.keyspace.job(jobId, 'segments')
  for (let passed = 0; search.at > search.after && search.missing.size > 0; passed += segmentsPerRead) {
    const range = [key, '+inf', `(${search.after}`, 'LIMIT', passed, segmentsPerRead] as const
    const indexed = await storeAnswer(redis.zrevrangebyscore(...range))
    for (const segment of indexed.map((text) => parseIndexed(jobId, text))) {
      if (segment.after >= search.at || search.missing.size === 0) continue
      const reading = segmentReader.readCheckpoints(segment, search.at, (text) => take(jobId, search, text))
      await unlessRemoved(redis, jobId, reading)
    }
    if (indexed.length < segmentsPerRead) return
  }
}

const LoggedCheckpoints = Type.Array(
  Type.Object({ offset: Type.Integer(), streamName: Type.String(), streamState: StreamStateSchema }),
)

/** Takes what an entry has for a search. @returns whether anything is still missing */
function take(jobId: number, { after, at, missing, found }: Search, entry: string): boolean {
  const checkpoints: Static<typeof LoggedCheckpoints> = parseStored(LoggedCheckpoints, entry, `the log of job ${jobId}`)
  for (const { offset, streamName, streamState } of checkpoints.toReversed()) {
    if (offset > at || offset <= after || !missing.delete(streamName)) continue
    found.set(streamName, streamState)
  }
  return missing.size > 0
}
