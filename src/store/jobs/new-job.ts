import { randomUUID } from 'node:crypto'
import type { ConfiguredCatalog } from '../../airbyte/catalog.ts'
import type { JobEndDependencies } from '../attempts/job-end.ts'
import { changedChannel, connectionKey, jobIndexKey, jobKey, recordKeyAround, repeatKey } from '../keys.ts'
import { runScript } from '../script.ts'
import { createJobSeals } from '../secrets/job-seals.ts'
import { createScript } from './create.lua.ts'
import type { NewJob } from './job-store.ts'

const repeatsKnownMs = 24 * 3_600_000

interface Written {
  /** `BUSY`: another job has the connection. `JOINED`: one of an equal body, which the caller wants then. `REUSED`: the key for repeats stands for another body. `CHANGED`: the connection is gone or its state is of another generation. */
  outcome: 'CREATED' | 'EXISTS' | 'BUSY' | 'JOINED' | 'CHANGED' | 'REPEATED' | 'REUSED'
  /** Of `BUSY` and `JOINED` the job that has the connection, of `REPEATED` the one that the first request made. */
  otherJob: number
}

/** Writes a new job under an id that was allotted to it, all of it or nothing. */
export async function writeNewJob(
  { redis, keys, clock }: JobEndDependencies,
  jobId: number,
  { tenant, request, graceMs, connection, repeat, joinActive }: NewJob,
  readerLeaseMs: number,
): Promise<Written> {
  const seals = createJobSeals(keys, { tenant, jobId })
  const reply = await runScript(
    redis,
    createScript,
    [
      jobKey(jobId, 'record'),
      jobKey(jobId, 'dataKey'),
      jobKey(jobId, 'request'),
      jobKey(jobId, 'states'),
      jobIndexKey(tenant),
      // A key that is not used is still a place in the list.
      connection ? connectionKey(tenant, connection.connectionId, 'record') : jobKey(jobId, 'record'),
      repeat ? repeatKey(tenant, repeat.keyDigest) : jobKey(jobId, 'record'),
    ],
    [
      changedChannel(jobId),
      clock.now(),
      tenant,
      randomUUID(),
      seals.wrappedDataKey,
      seals.sealRequest(request),
      graceMs ?? '',
      readerLeaseMs,
      jobId,
      JSON.stringify(fullRefreshStreams(request.catalog)),
      ...recordKeyAround,
      connection?.connectionId ?? '',
      connection?.generation ?? '',
      repeat?.bodyDigest ?? '',
      repeatsKnownMs,
      joinActive ? 1 : '',
      connection?.bodyDigest ?? '',
      ...Object.entries(request.states).flatMap(([name, state]) => [name, JSON.stringify(state)]),
    ],
  )
  const [outcome, otherJob] = reply as [Written['outcome'], string?]
  return { outcome, otherJob: Number(otherJob) }
}

function fullRefreshStreams({ streams }: ConfiguredCatalog): string[] {
  return streams.filter(({ sync_mode }) => sync_mode === 'full_refresh').map(({ stream }) => stream.name)
}
