import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { findFreePort } from '../support/free-port.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { runCompiled, type Teardown, type TestProcess } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
import { type FaultName, type FaultyService, faultNames, inflict } from './faults.ts'

/** What was measured. Times in ms. */
export interface RecoveryResult {
  /** By fault: from the fault to the next message that a live reader got; each in rising order. */
  silences: Record<FaultName, number[]>
  jobs: number
  /** Attempts that all jobs together had. */
  attempts: number
  records: number
  /** Times that the reader has said how many messages it holds. */
  acknowledgements: number
  /** What was wrong with a job or its messages. */
  faults: string[]
}

export interface RecoveryOptions {
  /** How often each fault is inflicted. */
  times: Record<FaultName, number>
  contacts: number
  /** Draws when faults come. */
  random: () => number
  tell: (news: string) => void
}

/** So far apart are Intercom's answers: a sync of 60,000 contacts takes about a minute. */
const answerEveryMs = 120
/** A reader that has had a message this lately is well served. */
const steadyMs = 700
/** A fault counts as over with the first message that comes at least this long after it began to work. */
const settleMs = 300
const longestMs = 120_000
/** Pieces of a body between two acknowledgements. */
const piecesPerAcknowledgement = 20

/** Runs job after job under faults, with production settings, and measures how long their reader gets nothing. */
export async function measureRecovery(t: Teardown, options: RecoveryOptions): Promise<RecoveryResult> {
  const service = await startFaultyService(t, options.contacts)
  const result: RecoveryResult = {
    silences: { 'worker-killed': [], 'worker-replaced': [], 'redis-killed': [], 'redis-hung': [], 'redis-paused': [] },
    jobs: 0,
    attempts: 0,
    records: 0,
    acknowledgements: 0,
    faults: [],
  }
  const over = new AbortController()
  const reader = readJobs(service, result, over.signal)
  for (const fault of faultNames)
    for (let time = 0; time < options.times[fault]; time++) {
      await sleep(fault === 'redis-paused' ? 5000 + options.random() * 5000 : 2000 + options.random() * 4000)
      while (performance.now() - reader.lastAt() > steadyMs) await sleep(20)
      await inflict(fault, service, options.random)
      const began = performance.now()
      while (reader.lastAt() < began + (fault === 'worker-replaced' ? 0 : settleMs)) {
        if (performance.now() - began > longestMs) throw new Error(`${fault}: nothing came for two minutes`)
        await sleep(10)
      }
      const silence = Math.round(reader.lastAt() - began)
      result.silences[fault].push(silence)
      options.tell(`${fault}: ${silence} ms`)
    }
  over.abort()
  await reader.ended
  for (const silences of Object.values(result.silences)) silences.sort((one, other) => one - other)
  return result
}

interface MeasuredService extends FaultyService {
  call: (path: string, init?: RequestInit) => Promise<Response>
  truth: () => Parameters<typeof checkMessages>[1]
}

/** The API and two workers in processes of their own, on a Redis with an append-only file. */
async function startFaultyService(t: Teardown, contacts: number): Promise<MeasuredService> {
  const others = { tickets: 0, activityLogs: 0, companies: 0, conversations: 0, oddities: false }
  const simulator = await listenSimulator(t, { contacts, ...others })
  let freeAt = 0
  const intercom = await editAnswers(t, simulator, async () => {
    freeAt = Math.max(performance.now(), freeAt) + answerEveryMs
    await sleep(freeAt - performance.now())
    return {}
  })
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-recovery-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const port = await findFreePort()
  const redis = await startRedis(t, ['--port', String(port), '--bind', '127.0.0.1', '--appendonly', 'yes'])
  const key = randomBytes(24).toString('hex')
  const environment = {
    PORT: '0',
    DATA_DIR: dataDir,
    INTERCOM_BASE_URL: intercom,
    REDIS_URL: `redis://127.0.0.1:${port}`,
    API_KEYS: `default:${key}`,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
  }
  const start = (role: string) => runCompiled(t, 'test/support/serve-process.js', [role], environment)
  const startWorker = async () => {
    const worker = start('--worker')
    await worker.untilLine(/worker started/)
    return worker
  }
  const api = start('--api')
  const url = (await api.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
  const workers = [await startWorker(), await startWorker()]
  return {
    call: (path, init = {}) =>
      fetch(url + path, {
        ...init,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...init.headers },
      }),
    redis,
    truth: () => simulator.workspace.truth(),
    holder: () => workers.toSorted((one, other) => begunAt(other) - begunAt(one))[0] as TestProcess,
    async replace(worker) {
      workers[workers.indexOf(worker)] = await startWorker()
    },
  }
}

/** When a worker last began an attempt, by its log; 0 if it has not. */
function begunAt(worker: TestProcess): number {
  const begun = worker.stderr().matchAll(/"time":(\d+)[^\n]*"msg":"job (?:started|continued)/g)
  return Math.max(0, ...[...begun].map(([, time]) => Number(time)))
}

interface Reader {
  /** When the last bytes of a message came, ms of the monotonic clock. */
  lastAt(): number
  /** Resolves when the job that was read at the end of the measurement has ended. */
  ended: Promise<void>
}

/** Reads one job after the other, live and on from where it was cut, and holds what came against the truth. */
function readJobs(service: MeasuredService, result: RecoveryResult, signal: AbortSignal): Reader {
  let lastAt = performance.now()
  const readJob = async () => {
    const path = await startJob(service)
    const pieces: Buffer[] = []
    let epoch = ''
    for (let held = 0, isWhole = false; !isWhole; ) {
      try {
        const response = await service.call(`${path}/messages?after=${held}${epoch}`)
        if (response.status !== 200) {
          // A killed Redis has lost nothing, as the comparison with the truth shows. So reading on is right.
          const { code, logEpoch } = (await response.json()) as { code: string; logEpoch?: string }
          if (logEpoch !== undefined) epoch = `&epoch=${encodeURIComponent(logEpoch)}`
          throw new Error(code)
        }
        for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
          lastAt = performance.now()
          pieces.push(Buffer.from(piece))
          held += linesIn(piece)
          if (pieces.length % piecesPerAcknowledgement === 0) void acknowledge(path, held, epoch)
        }
        isWhole = true
      } catch {
        // Redis is away: the body was cut, or the call refused.
        await sleep(100)
      }
      const lines = Buffer.concat(pieces)
      const whole = lines.subarray(0, lines.lastIndexOf(0x0a) + 1)
      pieces.splice(0, pieces.length, whole)
      held = linesIn(whole)
    }
    const job = (await (await service.call(path)).json()) as { status: string; attempts: number; rowsSynced: number }
    const report = await checkMessages(pieces, service.truth(), { expectStreams: ['contacts'] })
    result.jobs++
    result.attempts += job.attempts
    result.records += job.rowsSynced
    result.faults.push(...report.faults.map(String))
    if (job.status !== 'succeeded') result.faults.push(`a job ended as ${job.status}`)
  }
  /** Says how many messages are held. Refusals are no fault: Redis may be away, or another one. */
  const acknowledge = async (path: string, offset: number, epoch: string) => {
    const request = { method: 'POST', body: JSON.stringify({ offset }) }
    const response = await service.call(`${path}/ack?${epoch.slice(1)}`, request).catch(() => undefined)
    const answer = (await response?.json().catch(() => undefined)) as { offset: number } | undefined
    if (response?.status !== 200 || !answer) return
    result.acknowledgements++
    if (answer.offset < offset)
      result.faults.push(`${offset} messages were acknowledged, and the answer is ${answer.offset}`)
  }
  const readAll = async () => {
    while (!signal.aborted) await readJob()
  }
  return { lastAt: () => lastAt, ended: readAll() }
}

/** Whole lines that end in a piece. */
function linesIn(piece: Uint8Array): number {
  return piece.reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 0)
}

/** @returns the path of the job */
async function startJob({ call }: MeasuredService): Promise<string> {
  const body = JSON.stringify({ config: { access_token: 'simulator-token' }, streams: ['contacts'] })
  for (;;) {
    const response = await call('/v1/jobs', { method: 'POST', body }).catch(() => undefined)
    const location = response?.headers.get('location')
    await response?.text()
    if (location) return location
    await sleep(100)
  }
}
