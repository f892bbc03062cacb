import { randomBytes } from 'node:crypto'
import { buildSimulator, type Simulator } from '../../simulator/app.ts'
import { createRandom } from '../../simulator/random.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import type { SearchWalkJson } from '../../src/sync/state/search-state-schema.ts'
import { isTentative, sliceFromJson } from '../../src/sync/state/slice.ts'
import { judge } from '../support/engine.ts'
import { runCompiled, type Teardown, type TestProcess } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
import { tenant } from '../support/store.ts'
import { openService, type TestService, untilEnded, wholeLog } from '../support/worker.ts'

/** How workers are killed while walks are planned. */
export interface KillPlan {
  kills: number
  /** How long Intercom takes over each answer, ms: from kill to kill the next of these. */
  latenciesMs: readonly number[]
  seed: number
  /** Told of each kill, and of each job's end. */
  tell?: (news: string) => void
}

export interface KillResult {
  kills: number
  jobs: number
  attempts: number
  records: number
  /** Requests for first pages, and how many of them asked what had been asked in the same job. */
  firstPages: number
  repeatedPages: number
  /** Jobs that failed, and what was wrong with what was delivered. */
  faults: string[]
}

/** Between two kills at least one answer is saved, and then up to so many more requests arrive or are answered. */
const MOST_EVENTS = 6
const RECORDS = 10_000

/** What a position tells of the one walk. */
interface Place {
  walk: SearchWalkJson
}

/** Kills workers while walks are planned, job after job, until there have been so many kills. */
export async function killWhilePlanning(
  t: Teardown,
  { kills, latenciesMs, seed, tell }: KillPlan,
): Promise<KillResult> {
  const random = createRandom(seed)
  const intercom = await listenWithEvents(t, seed)
  const redis = await startRedis(t)
  const key = randomBytes(32)
  const service = openService(redis, (close) => t.teardown(close), { keys: [encryptionKey('test', key)] })
  const start = () =>
    runCompiled(t, 'test/support/sync-worker-process.js', [redis.socket, key.toString('hex'), intercom.url])
  const result: KillResult = { kills: 0, jobs: 0, attempts: 0, records: 0, firstPages: 0, repeatedPages: 0, faults: [] }

  const latencyMs = () => latenciesMs[result.kills % latenciesMs.length] ?? 0
  while (result.kills < kills) {
    const request = parseSyncRequest({ config: { access_token: 'simulator-token' }, streams: ['contacts'] })
    const { jobId } = await service.jobs.create({ tenant, request })
    const asked = intercom.simulator.requests.entries.length
    intercom.answerAfter(latencyMs())
    let worker: TestProcess = start()
    let saved: string | undefined
    while (result.kills < kills) {
      saved = await untilSaved(service, jobId, saved)
      await intercom.untilEvents(Math.floor(random() * MOST_EVENTS))
      const place = await placeOf(service, jobId)
      if (place === undefined || !isPlanning(place)) break
      await worker.end('SIGKILL')
      saved = await placeOf(service, jobId)
      tell?.(`kill ${result.kills + 1}: job ${jobId}, ${slicesOf(saved)} slices known, ${latencyMs()} ms an answer`)
      result.kills++
      intercom.answerAfter(latencyMs())
      worker = start()
    }
    // The plan stands, or there have been kills enough: how long the rest takes tells nothing.
    intercom.answerAfter(0)
    const job = await untilEnded(service, jobId)
    await worker.end('SIGTERM')
    const report = await judge(intercom.simulator, Buffer.from(await wholeLog(service, jobId)))
    const { setHash, truthHash } = report.streams.contacts ?? {}
    result.jobs++
    result.attempts += job.attempts
    result.records += job.rowsSynced
    if (job.status !== 'succeeded') result.faults.push(`job ${jobId} ${job.status}: ${job.failure?.message}`)
    else if (setHash !== truthHash) result.faults.push(`job ${jobId}: what was delivered is not the truth`)
    result.faults.push(...report.faults.map((fault) => `job ${jobId}: ${JSON.stringify(fault)}`))
    const pages = firstPagesAsked(intercom.simulator, asked)
    result.firstPages += pages.length
    result.repeatedPages += pages.length - new Set(pages).size
    tell?.(`job ${jobId} ${job.status} after ${job.attempts} attempts`)
  }
  return result
}

/**
 * A workspace that takes long to plan: all but one of its contacts were updated within a minute (a bulk edit, thirteen
 * years after the first one), so that stretch after stretch is divided until it is short enough.
 */
async function listenWithEvents(t: Teardown, seed: number) {
  const bulkEdit = Date.UTC(2026, 0, 1) / 1000
  const simulator = buildSimulator({
    seed,
    contacts: RECORDS,
    span: { from: bulkEdit, to: bulkEdit + 60 },
    firstTimes: { contacts: [Date.UTC(2013, 0, 1) / 1000] },
    oddities: false,
  })
  let watchers: (() => void)[] = []
  const happened = async () => {
    const told = watchers
    watchers = []
    for (const tellIt of told) tellIt()
  }
  simulator.app.addHook('onRequest', happened)
  simulator.app.addHook('onResponse', happened)
  const url = await simulator.app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => simulator.app.close())
  return {
    simulator,
    url,
    answerAfter(delayMs: number) {
      simulator.faults.clear()
      if (delayMs > 0) simulator.faults.next([{ delayMs, repeat: Number.POSITIVE_INFINITY }])
    },
    /** Resolves once so many more requests have arrived or been answered. */
    async untilEvents(count: number): Promise<void> {
      for (let seen = 0; seen < count; seen++) await new Promise<void>((resolve) => watchers.push(resolve))
    },
  }
}

/** The place of the walk, as text; undefined as long as there is none. */
async function placeOf({ redis }: TestService, jobId: number): Promise<string | undefined> {
  const position = await redis.get(`intercom-sync:{job:${jobId}}:position`)
  if (position === null) return undefined
  const { walks } = JSON.parse(position) as { walks: Record<string, Place | undefined> }
  return walks.contacts && JSON.stringify(walks.contacts)
}

/** Resolves with the place of the walk once it is another than before: an answer has been saved. */
function untilSaved(service: TestService, jobId: number, before: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = async () => {
      const place = await placeOf(service, jobId)
      const { status, failure } = await service.jobs.read(tenant, jobId)
      if (status === 'failed') stop(() => reject(new Error(`job ${jobId} failed: ${failure?.message}`)))
      else if (place !== undefined && place !== before) stop(() => resolve(place))
    }
    const unsubscribe = service.messages.subscribe(jobId, (event) => event === 'changed' && void look())
    const stop = (settle: () => void) => {
      unsubscribe()
      settle()
    }
    void look()
  })
}

/** Whether there is a slice that may still have to be divided. */
function isPlanning(place: string): boolean {
  const { cutting, slices } = (JSON.parse(place) as Place).walk
  return cutting !== undefined && slices.map(sliceFromJson).some(isTentative)
}

function slicesOf(place: string | undefined): number {
  return place === undefined ? 0 : (JSON.parse(place) as Place).walk.slices.length
}

/** What was asked for first pages, as text; without the empty ones, which are always asked for twice. */
function firstPagesAsked(simulator: Simulator, from: number): string[] {
  return simulator.requests.entries.slice(from).flatMap(({ path, body, records }) => {
    if (path !== '/contacts/search' || records === 0) return []
    const { pagination, query } = body as { pagination: { starting_after?: string }; query: unknown }
    return pagination.starting_after === undefined ? [JSON.stringify(query)] : []
  })
}
