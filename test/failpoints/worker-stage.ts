import { randomBytes } from 'node:crypto'
import { hasEnded, type Job } from '../../src/store/job.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { judge } from '../support/engine.ts'
import { type ArmedFailpoint, armedWith } from '../support/failpoints.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'
import { runCompiled, type Teardown, type TestProcess } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
import { segmentsIn, tenant } from '../support/store.ts'
import { openService, type TestService, untilEnded, wholeLog } from '../support/worker.ts'

/** Jobs one after the other, and workers in processes of their own that die over them. */
export interface WorkerStage {
  service: TestService
  simulator: ListeningSimulator
  start(...failpoints: ArmedFailpoint[]): TestProcess
  /** The job that has not ended; a new one if there is none. The log of one that has ended is judged first. */
  job(): Promise<PresentJob>
  /** Lets an unharmed worker end the job, and judges its log. */
  finish(): Promise<void>
  result: StageResult
}

/** A job that the workers share. */
export interface PresentJob {
  jobId: number
  ended: Promise<Job>
}

/** What became of the jobs. */
export interface StageResult {
  jobs: number
  attempts: number
  records: number
  faults: string[]
}

export interface StageOptions {
  contacts: number
  streams: string[]
  seed: number
}

/** Few bytes, so that messages move to files every few commits. */
const windowBytes = 30_000

export async function openWorkerStage(t: Teardown, { contacts, streams, seed }: StageOptions): Promise<WorkerStage> {
  const redis = await startRedis(t)
  const others = { conversations: 0, tickets: 0, activityLogs: 0, articles: 0, oddities: false }
  const simulator = await listenSimulator(t, { seed, contacts, companies: 60, largestPage: 50, ...others })
  const key = randomBytes(32)
  const segments = await segmentsIn(t, windowBytes)
  const service = openService(redis, (close) => t.teardown(close), { keys: [encryptionKey('test', key)], segments })
  const request = parseSyncRequest({ config: { access_token: 'simulator-token' }, streams })
  const result: StageResult = { jobs: 0, attempts: 0, records: 0, faults: [] }
  const place = [redis.socket, key.toString('hex'), simulator.url, segments.root, String(windowBytes)]
  const start: WorkerStage['start'] = (...failpoints) =>
    runCompiled(t, 'test/support/sync-worker-process.js', place, armedWith(...failpoints))
  let present: PresentJob | undefined
  async function judgeLog({ jobId, ended }: PresentJob): Promise<void> {
    const { status, attempts, rowsSynced, messageCount, failure } = await ended
    const report = await judge(simulator, Buffer.from(await wholeLog(service, jobId)), { expectStreams: streams })
    const tell = (fault: string) => result.faults.push(`job ${jobId}: ${fault}`)
    if (status !== 'succeeded') tell(`${status}, ${failure?.message}`)
    for (const fault of report.faults) tell(JSON.stringify(fault))
    if (report.lines !== messageCount) tell(`${report.lines} messages instead of ${messageCount}`)
    result.jobs++
    result.attempts += attempts
    result.records += rowsSynced
  }
  async function job(): Promise<PresentJob> {
    if (present) {
      if (!hasEnded(await service.jobs.read(tenant, present.jobId))) return present
      await judgeLog(present)
    }
    const { jobId } = await service.jobs.create({ tenant, request })
    present = { jobId, ended: untilEnded(service, jobId) }
    return present
  }
  return {
    service,
    simulator,
    start,
    job,
    result,
    async finish() {
      if (!present) return
      const worker = start()
      await judgeLog(present)
      present = undefined
      await worker.end('SIGTERM')
    },
  }
}
