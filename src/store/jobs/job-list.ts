import { StoredDataError } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import type { Job } from '../job.ts'
import { jobFromRecord } from '../job-record.ts'
import type { StoreClient } from '../keys.ts'
import type { ListPage } from '../page.ts'
import type { JobFilter } from './job-store.ts'

const recordsPerRead = 100
/** The number of records read for one page: a filter that matches nothing must not read years of jobs in one call. */
const mostReads = 10

/** A page of a tenant's jobs, newest first. Ids whose records have expired are dropped from the index on the way. */
export async function listJobs(redis: StoreClient, tenant: string, filter: JobFilter): Promise<ListPage<Job>> {
  const jobs: Job[] = []
  let cursor = filter.cursor
  for (let reads = 0; reads < mostReads; reads++) {
    const ids = await readIds(redis, tenant, cursor)
    for (const [index, job] of (await readRecords(redis, tenant, ids)).entries()) {
      cursor = ids[index]
      if (!job || !isWanted(job, filter)) continue
      jobs.push(job)
      if (jobs.length === filter.limit)
        return (await isLast(redis, tenant, cursor)) ? { items: jobs } : page(jobs, cursor)
    }
    if (ids.length < recordsPerRead) return { items: jobs }
  }
  return page(jobs, cursor)
}

function page(items: Job[], cursor: string | undefined): ListPage<Job> {
  return { items, ...(cursor !== undefined && { next: cursor }) }
}

function readIds(redis: StoreClient, tenant: string, before: string | undefined): Promise<string[]> {
  const from = before === undefined ? '+inf' : `(${before}`
  return storeAnswer(redis.zrevrangebyscore(redis.keyspace.jobIndex(tenant), from, '-inf', 'LIMIT', 0, recordsPerRead))
}

async function isLast(redis: StoreClient, tenant: string, cursor: string | undefined): Promise<boolean> {
  return (await storeAnswer(redis.zcount(redis.keyspace.jobIndex(tenant), '-inf', `(${cursor}`))) === 0
}

async function readRecords(redis: StoreClient, tenant: string, ids: string[]): Promise<(Job | undefined)[]> {
  const records = await storeAnswer(
    Promise.all(ids.map((id) => redis.hgetall(redis.keyspace.job(Number(id), 'record')))),
  )
  const expired = ids.filter((_, index) => records[index]?.status === undefined)
  if (expired.length > 0) await storeAnswer(redis.zrem(redis.keyspace.jobIndex(tenant), ...expired))
  return records.map((fields, index) => readableJob(Number(ids[index]), fields))
}

/** A record that cannot be read is left out of the list; reading that job alone shows what is wrong. */
function readableJob(jobId: number, fields: Record<string, string>): Job | undefined {
  try {
    return jobFromRecord(jobId, fields)
  } catch (error) {
    if (error instanceof StoredDataError) return undefined
    throw error
  }
}

function isWanted(job: Job, { status, connectionId }: JobFilter): boolean {
  return (status ?? job.status) === job.status && (connectionId ?? job.connectionId) === job.connectionId
}
