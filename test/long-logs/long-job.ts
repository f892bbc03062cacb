import { createRandom, integerBetween } from '../../simulator/random.ts'
import { type BridgedService, startBridgedService } from '../support/bridged-service.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { allocatorOfImages } from '../support/image-environment.ts'
import type { Teardown } from '../support/processes.ts'
import { peakMemory } from '../support/whole-service.ts'
import { digestOf, lookAt, type OpenLog, type ReadDigest } from './read-digest.ts'

/** A job whose log is much longer than its window in Redis. */
export interface LongJob {
  /** Whether somebody reads it while it runs. */
  isReadLive: boolean
  contacts: number
  /** Conversations of a hundred parts of prose each. */
  conversations: number
  windowBytes: number
  seed: number
}

export interface LongJobFigures {
  status: string
  records: number
  messages: number
  messageBytes: number
  /** Of the log, compressed and sealed. */
  logBytes: number
  /** The most that Redis has held, beyond what it held before. */
  redisGrowth: number
  /** MiB. */
  workerPeak: number
  apiPeak: number
  /** Until the job had ended. */
  seconds: number
  /** What is wrong with the log, as it was read. */
  faults: string[]
}

const partsEach = 100
const looks = 20

/** Runs the job on an API, a worker and a Redis of their own, and reads its log afterwards, whole and at random places. */
export async function runLongJob(t: Teardown, job: LongJob): Promise<LongJobFigures> {
  const service = await startBridgedService(
    t,
    {
      seed: job.seed,
      contacts: job.contacts,
      conversations: job.conversations,
      partsPerConversation: { from: partsEach, to: partsEach + 1 },
      longConversations: 0,
      proseLength: 5000,
      oddities: false,
    },
    { LOG_WINDOW_BYTES: String(job.windowBytes), ...allocatorOfImages() },
  )
  const before = await memoryOf(service, 'used_memory')
  const began = performance.now()
  const names = job.conversations > 0 ? ['conversations', 'conversation_parts'] : ['contacts']
  const body = JSON.stringify({ config: { access_token: 'simulator-token' }, catalog: configuredCatalog(names) })
  const posted = await service.fetch(`/v1/jobs?detach=true`, { method: 'POST', body })
  const { jobId } = (await posted.json()) as { jobId: number }
  const live = job.isReadLive ? readJob(service, jobId, true) : undefined
  const ended = await service.untilStatus(jobId, 'succeeded', 'failed', 'cancelled')
  const seconds = (performance.now() - began) / 1000
  const redisGrowth = (await memoryOf(service, 'used_memory_peak')) - before
  const { api, worker } = service.processes()
  const workerPeak = (await peakMemory(worker)) ?? 0

  const random = createRandom(job.seed, 77)
  const offsets = Array.from({ length: looks }, () => integerBetween(random, 0, ended.messageCount))
  const late = await readJob(service, jobId, false, offsets)
  const faults = [...(await differences(service, jobId, late)), ...compare(late, await live, ended.messageCount)]
  if (ended.failure) faults.push(`the job has failed: ${ended.failure.code}, ${ended.failure.message}`)
  const record = `intercom-sync:{job:${jobId}}:record`
  const [rows, moved, held] = await service.redis.connect().hmget(record, 'rows', 'movedBytes', 'blobBytes')
  const expected = job.contacts + job.conversations * (1 + partsEach)
  if (Number(rows) < (job.conversations > 0 ? expected - job.contacts : expected)) faults.push(`only ${rows} records`)
  return {
    status: ended.status,
    records: Number(rows),
    messages: late.messages,
    messageBytes: late.bytes,
    logBytes: Number(moved ?? 0) + Number(held ?? 0),
    redisGrowth,
    workerPeak,
    apiPeak: (await peakMemory(api)) ?? 0,
    seconds,
    faults,
  }
}

async function memoryOf({ redis }: BridgedService, figure: string): Promise<number> {
  return Number((await redis.connect().info('memory')).match(new RegExp(`^${figure}:(\\d+)`, 'm'))?.[1])
}

function openLog(service: BridgedService, jobId: number, follow: boolean): OpenLog {
  return async (after) => {
    // Who reads live takes the answer compressed: once is enough.
    const headers: Record<string, string> = follow ? {} : { 'accept-encoding': 'identity' }
    const path = `/v1/jobs/${jobId}/messages?after=${after}&follow=${follow}`
    const { body, status } = await service.fetch(path, { headers })
    if (status === 503) throw new TypeError('a machine with too much to do answers later')
    if (status !== 200 || body === null) throw new Error(`the messages were answered with ${status}`)
    return body as unknown as AsyncIterable<Uint8Array>
  }
}

/** Reads a job's log to its end, on from every cut. @param offsets where to look more closely */
export function readJob(service: BridgedService, jobId: number, follow: boolean, offsets: readonly number[] = []) {
  const isWhole = async (messages: number) => {
    const response = await service.fetch(`/v1/jobs/${jobId}?wait=1`)
    const job = (await response.json()) as { messageCount?: number; status?: string }
    return response.ok && job.messageCount === messages && job.status !== 'running'
  }
  return digestOf(openLog(service, jobId, follow), isWhole, offsets)
}

/** Reads from each of the offsets, and compares with what was read on the way from the first message. */
async function differences(service: BridgedService, jobId: number, late: ReadDigest): Promise<string[]> {
  const faults: string[] = []
  for (const [offset, expected] of late.looks) {
    const found = await lookAt(openLog(service, jobId, false), offset)
    if (!found.equals(expected)) faults.push(`other bytes after ${offset} messages`)
  }
  return faults
}

function compare(late: ReadDigest, live: ReadDigest | undefined, messageCount: number): string[] {
  return [
    ...(late.messages === messageCount ? [] : [`${late.messages} of ${messageCount} messages`]),
    ...(live === undefined || live.digest === late.digest ? [] : ['the live reader has read another log']),
  ]
}
