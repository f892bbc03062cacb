import { createFingerprintList } from '../../sync/delivered/fingerprints.ts'
import { noteLines } from '../../sync/delivered/replay.ts'
import { storeAnswer } from '../availability.ts'
import { type CheckpointSource, givenPrefix, readCheckpoints } from '../log/checkpoints.ts'
import { runScript } from '../script.ts'
import type { JobSeals } from '../secrets/job-seals.ts'
import type { LogEntry } from '../segments/log-entry.ts'
import { logWindowBytesOf } from '../segments/log-window-bytes.ts'
import { readOldestEntries } from '../segments/oldest-entries.ts'
import type { LogOwner } from '../segments/segment-mover.ts'
import { giveWayScript } from './give-way.lua.ts'

/** So many bytes of blobs give way at a time: what is not in the way stays for those who read again. */
const bytesAtOnce = 4 << 20
/**
 * The script that ends the job removes its fingerprints. Versions that do not know them leave them behind, and then they
 * go by themselves.
 */
const fingerprintsKeptMs = 30 * 24 * 3_600_000

/**
 * Removes the oldest messages of a log that is full and cannot be moved to files, as far as a client has acknowledged
 * them. Only `ackedOffset` counts, which nobody but a client moves.
 *
 * @returns bytes that are free now @throws SealBrokenError
 */
export async function giveWay(source: CheckpointSource, owner: LogOwner, seals: () => JobSeals): Promise<number> {
  const { redis } = source
  const { jobId, fence, attemptId, commitId, lock } = owner
  const record = redis.keyspace.job(jobId, 'record')
  const acked = Number((await storeAnswer(redis.hget(record, 'ackedOffset'))) ?? 0)
  if (acked === 0) return 0
  const { entries, after } = await readOldestEntries(redis, jobId, bytesAtOnce)
  // An entry goes as a whole.
  const going = entries.filter(({ lastOffset }) => lastOffset <= acked)
  const lastOffset = going.at(-1)?.lastOffset
  if (lastOffset === undefined) return 0
  const states = await readCheckpoints(source, jobId, after, lastOffset)
  const bytes = going.reduce((sum, entry) => sum + logWindowBytesOf(entry), 0)
  const fingerprints = await fingerprintsOf(going, seals())
  const gaveWay = await runScript(redis, giveWayScript, {
    keys: {
      recordKey: record,
      logKey: redis.keyspace.job(jobId, 'log'),
      statesKey: redis.keyspace.job(jobId, 'states'),
      dataKeyKey: redis.keyspace.job(jobId, 'dataKey'),
      fingerprintsKey: redis.keyspace.job(jobId, 'fingerprints'),
      segmentsKey: redis.keyspace.job(jobId, 'segments'),
      lockKey: lock?.key,
    },
    args: {
      fence,
      attemptId,
      commitId,
      lockToken: lock?.token,
      after,
      lastOffset,
      bytes,
      fingerprints,
      fingerprintsKeptMs,
    },
    entries: [...states].map(([name, state]) => ({
      givenName: `${givenPrefix}${name}`,
      streamState: JSON.stringify(state),
    })),
  })
  return gaveWay === 1 ? bytes - fingerprints.length : 0
}

async function fingerprintsOf(entries: readonly LogEntry[], seals: JobSeals): Promise<Buffer> {
  const list = createFingerprintList()
  for (const { blob, lastOffset } of entries) noteLines(await seals.openLines(blob, lastOffset), list)
  return list.bytes()
}
