import { storeAnswer } from '../availability.ts'
import { type CheckpointSource, givenPrefix, readCheckpoints } from '../log/checkpoints.ts'
import { runScript } from '../script.ts'
import type { LogOwner } from '../segments/segment-mover.ts'
import { giveWayScript } from './give-way.lua.ts'

/**
 * Removes what a client has acknowledged from a log that is full and cannot be moved to files. Only `ackedOffset` counts,
 * which nobody but a client moves.
 *
 * @returns bytes that are free now
 */
export async function giveWay(source: CheckpointSource, owner: LogOwner): Promise<number> {
  const { redis } = source
  const { jobId, fence, attemptId, commitId, lock } = owner
  const record = redis.keyspace.job(jobId, 'record')
  const [acked, trimmedTo] = await storeAnswer(redis.hmget(record, 'ackedOffset', 'trimmedTo'))
  // An entry goes as a whole, so the last one that may go is the last whose id is not above the offset.
  const [entry] = await storeAnswer(
    redis.xrevrange(redis.keyspace.job(jobId, 'log'), `${acked ?? 0}-0`, '-', 'COUNT', 1),
  )
  if (!entry) return 0
  const lastOffset = Number.parseInt(entry[0], 10)
  const states = await readCheckpoints(source, jobId, Number(trimmedTo ?? 0), lastOffset)
  return runScript(redis, giveWayScript, {
    keys: {
      recordKey: record,
      logKey: redis.keyspace.job(jobId, 'log'),
      statesKey: redis.keyspace.job(jobId, 'states'),
      dataKeyKey: redis.keyspace.job(jobId, 'dataKey'),
      lockKey: lock?.key,
    },
    args: { fence, attemptId, commitId, lockToken: lock?.token, lastOffset },
    entries: [...states].map(([name, state]) => ({
      givenName: `${givenPrefix}${name}`,
      streamState: JSON.stringify(state),
    })),
  })
}
