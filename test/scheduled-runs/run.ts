import { setTimeout as pause } from 'node:timers/promises'
import { defaultToken } from '../../simulator/options.ts'
import { createRandom, pick } from '../../simulator/random.ts'
import { truthOf } from '../../simulator/truth/truth.ts'
import { dueBetween } from '../../src/schedules/due-times.ts'
import { parseDuration } from '../../src/schedules/duration.ts'
import { hasEnded, type JobStatus } from '../../src/store/job.ts'
import { readScheduleRecord } from '../../src/store/schedules/scheduled-connections.ts'
import { findFreePort } from '../support/free-port.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { runCompiled, type Teardown, type TestProcess } from '../support/processes.ts'
import { provideRedis } from '../support/provided-redis.ts'
import { causeFaults, type FaultCounts } from './faults.ts'

export interface ScheduledRunsOptions {
  /** Due times to wait for. */
  dueTimes: number
  /** ISO 8601. */
  every: string
  seed: number
  apis: number
  workers: number
  /** Ms from one restart of Redis to the next, and, beside that, from one killed worker to the next, [from, to]. */
  faultsEvery: readonly [from: number, to: number]
  tell: (news: string) => void
}

export interface ScheduledRunsResult extends FaultCounts {
  dueTimes: number
  jobs: number
  skipped: number
  messages: number
  /** Ms from a due time to its job. */
  lateness: number[]
  faults: string[]
}

interface ShownJob {
  jobId: number
  status: JobStatus
  scheduledFor?: string
  createdAt: string
  messageCount: number
  logEpoch: string
}

const tenant = 'default'
const connectionId = 'scheduled'

/**
 * A connection on an interval, on several processes, while Intercom's records change, Redis is stopped and workers are
 * killed. A client reads the messages of each job and acknowledges them.
 */
export async function runSchedules(t: Teardown, options: ScheduledRunsOptions): Promise<ScheduledRunsResult> {
  const random = createRandom(options.seed, 0x5c4ed)
  const simulator = await listenSimulator(t, { seed: options.seed, contacts: 40, oddities: false })
  // What is answered is on the disk, so that whatever is lost is our fault.
  const server = await provideRedis(t, ['--appendonly', 'yes', '--appendfsync', 'always'])
  const redis = server.connect()
  const result: ScheduledRunsResult = {
    dueTimes: 0,
    jobs: 0,
    skipped: 0,
    redisStops: 0,
    workersKilled: 0,
    changes: 0,
    messages: 0,
    lateness: [],
    faults: [],
  }
  const environment = {
    REDIS_URL: `redis://127.0.0.1:${server.port}`,
    API_KEYS: `default:${'k'.repeat(24)}`,
    ENCRYPTION_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
    INTERCOM_BASE_URL: simulator.url,
    SCHEDULE_MIN_INTERVAL: 'PT1S',
    DATA_DIR: server.directory,
  }
  const startWorker = () => runCompiled(t, 'test/support/serve-process.js', ['--worker'], environment)
  const urls = await Promise.all(Array.from({ length: options.apis }, () => startApi(t, environment)))
  const workers: TestProcess[] = Array.from({ length: options.workers }, startWorker)

  const ask = askAny(urls, () => pick(random, urls))
  const put = { config: { access_token: defaultToken }, streams: ['contacts'] }
  const schedule = { type: 'interval', every: options.every }
  await ask(`/v1/connections/${connectionId}`, { method: 'PUT', body: { ...put, schedule } })

  const client = createClient(ask, result)
  const faults = causeFaults(random, options.faultsEvery, result, {
    mutate: () => simulator.workspace.mutate({ kind: 'update', count: 2 }),
    server,
    workers,
    startWorker,
  })

  const readSchedule = async () => {
    const record = await readScheduleRecord(redis, { tenant, connectionId })
    if (!record?.sync) throw new Error('the connection has lost its schedule')
    const { schedule, setAt, lastDue } = record.sync
    return { ...record, setAt, lastDue, due: dueBetween(schedule, setAt, setAt, lastDue).count }
  }
  for (let told = 0; ; ) {
    await client.takeAll()
    const { due, skippedRuns } = await readSchedule()
    if (due >= options.dueTimes) break
    if (due >= told + 20) {
      told = due
      options.tell(`${due} due times, ${skippedRuns} skipped, ${result.messages} messages`)
    }
    await pause(200)
  }
  await faults.end()
  await ask(`/v1/connections/${connectionId}/pause`, { method: 'POST' })
  await client.takeAll()
  // In peace, one more sync brings what has changed since.
  await ask('/v1/jobs', { body: { connectionId }, method: 'POST' })
  await client.takeAll()

  judge(result, options, await readSchedule(), client)
  for (const line of truthOf(simulator.workspace, { streams: ['contacts'] }))
    if (line.visibleUntil === null && client.held.get(line.id) !== line.updatedAt)
      result.faults.push(`contact ${line.id} is ${client.held.get(line.id)}, not ${line.updatedAt}`)
  return result
}

/** Each due time has one job, or was counted as skipped. */
function judge(
  result: ScheduledRunsResult,
  { every }: ScheduledRunsOptions,
  { due, skippedRuns, setAt }: { due: number; skippedRuns: number; setAt: number },
  client: ReturnType<typeof createClient>,
): void {
  const scheduled = [...client.seen.values()].filter(({ scheduledFor }) => scheduledFor !== undefined)
  const times = scheduled.map(({ scheduledFor = '' }) => Date.parse(scheduledFor))
  Object.assign(result, { dueTimes: due, jobs: times.length, skipped: skippedRuns })
  result.lateness = scheduled.map(
    ({ scheduledFor = '', createdAt }) => Date.parse(createdAt) - Date.parse(scheduledFor),
  )
  const { faults } = result
  if (new Set(times).size !== times.length) faults.push('a due time has two jobs')
  const length = parseDuration(every) ?? Number.NaN
  if (times.some((time) => time <= setAt || (time - setAt) % length !== 0)) faults.push('a job is for no due time')
  if (due !== times.length + skippedRuns)
    faults.push(`${due} due times, but ${times.length} jobs and ${skippedRuns} skipped`)
  for (const [id, job] of client.seen) if (job.status !== 'succeeded') faults.push(`job ${id} ${job.status}`)
}

async function startApi(t: Teardown, environment: Record<string, string>): Promise<string> {
  const port = String(await findFreePort())
  const api = runCompiled(t, 'test/support/serve-process.js', ['--api'], { ...environment, PORT: port })
  return (await api.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
}

type Ask = (path: string, request?: { method?: string; body?: object }) => Promise<Response>

/** Asks until an API answers with what was asked for: Redis is away at times. All of these calls may be repeated. */
function askAny(urls: readonly string[], choose: () => string): Ask {
  return async (path, { method = 'GET', body } = {}) => {
    for (;;) {
      const answer = await fetch((choose() ?? urls[0]) + path, {
        method,
        headers: { authorization: `Bearer ${'k'.repeat(24)}`, 'content-type': 'application/json' },
        ...((body ?? method === 'POST') && { body: JSON.stringify(body ?? {}) }),
      }).catch(() => undefined)
      if (answer?.ok) return answer
      await answer?.text()
      await pause(100)
    }
  }
}

/** Reads each job's messages once it has ended, and acknowledges them. */
function createClient(ask: Ask, result: ScheduledRunsResult) {
  const seen = new Map<number, ShownJob>()
  /** By contact: the newest `updated_at`. */
  const held = new Map<string, number>()
  const take = async (job: ShownJob) => {
    const lines = (await readWhole(ask, job)).map((line) => JSON.parse(line) as AirbyteLine)
    const records = lines.flatMap(({ record }) => (record ? [record.data] : []))
    // A record that changes while a job reads comes once more, in its new form.
    if (new Set(records.map((data) => JSON.stringify(data))).size !== records.length)
      result.faults.push(`job ${job.jobId} has a record twice`)
    for (const { id, updated_at } of records) held.set(id, Math.max(held.get(id) ?? 0, updated_at))
    result.messages += lines.length
    // After a restart of Redis the service wants to know which log the messages are of.
    const body = { offset: job.messageCount, epoch: job.logEpoch }
    await (await ask(`/v1/jobs/${job.jobId}/ack`, { method: 'POST', body })).text()
  }
  return {
    seen,
    held,
    /** Until no job of the connection is left that has not ended. */
    async takeAll() {
      for (;;) {
        const answer = await ask(`/v1/jobs?connectionId=${connectionId}&limit=100`)
        const { data } = (await answer.json().catch(() => ({ data: [] }))) as { data: ShownJob[] }
        const fresh = data.toReversed().filter(({ jobId }) => !seen.has(jobId))
        for (const job of fresh.filter(hasEnded)) {
          await take(job)
          seen.set(job.jobId, job)
        }
        if (fresh.length === 0) return
        await pause(50)
      }
    },
  }
}

interface AirbyteLine {
  record?: { data: { id: string; updated_at: number } }
}

async function readWhole(ask: Ask, { jobId, messageCount }: ShownJob): Promise<string[]> {
  for (;;) {
    const answer = await ask(`/v1/jobs/${jobId}/messages?follow=false`)
    const text = await answer.text().catch(() => '')
    const lines = text.split('\n').slice(0, -1)
    if (lines.length === messageCount) return lines
  }
}
