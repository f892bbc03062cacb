import { randomUUID } from 'node:crypto'
import type { ConfiguredCatalog } from '../airbyte/catalog.ts'
import type { JobEndDependencies } from './job-end.ts'
import { createJobSeals } from './job-seals.ts'
import type { NewJob } from './job-store.ts'
import { changedChannel, connectionKey, jobIndexKey, jobKey, recordKeyAround } from './keys.ts'
import { createScript } from './scripts/create.ts'
import { runScript } from './scripts/script.ts'

interface Written {
  /** `BUSY`: `activeJob` has the connection. `CHANGED`: the connection is gone or its state is of another generation. */
  outcome: 'CREATED' | 'EXISTS' | 'BUSY' | 'CHANGED'
  activeJob: number
}

/** Writes a new job under an id that was allotted to it, all of it or nothing. */
export async function writeNewJob(
  { redis, keys, clock }: JobEndDependencies,
  jobId: number,
  { tenant, request, graceMs, connection }: NewJob,
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
      ...(connection ? [connectionKey(tenant, connection.connectionId, 'record')] : []),
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
      ...Object.entries(request.states).flatMap(([name, state]) => [name, JSON.stringify(state)]),
    ],
  )
  const [outcome, activeJob] = reply as [Written['outcome'], string?]
  return { outcome, activeJob: Number(activeJob) }
}

function fullRefreshStreams({ streams }: ConfiguredCatalog): string[] {
  return streams.filter(({ sync_mode }) => sync_mode === 'full_refresh').map(({ stream }) => stream.name)
}
