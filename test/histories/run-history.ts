import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import type { DeliveryLedger } from '../../simulator/oracle/delivery-check.ts'
import type { FaultGroup } from '../../simulator/oracle/report.ts'
import type { TruthLine } from '../../simulator/truth/truth.ts'
import { defaultApiVersion } from '../../src/airbyte/source-config.ts'
import { parseLines } from '../support/engine.ts'
import { openWorld, type World } from '../support/in-process-world.ts'
import { goesOn, type Held, keptOf, stateMessages } from './held.ts'
import type { History, JobPlan } from './history.ts'
import { beginJob, endJob } from './play.ts'
import { type Job, runJob } from './run-job.ts'
import { toldShortages } from './shortages.ts'

/** The result of a history. */
export interface HistoryResult {
  jobs: number
  requests: number
  records: number
  changes: number
  /** 1 when a job has reported missing records, and these were really missing; else 0. */
  forgiven: number
  /** In words; empty when the law holds. */
  faults: string[]
}

const minute = 60_000
/** Longer than the search ever takes to show a change. */
const longestLagMs = 50 * 60 * minute
/** Once nothing goes wrong any more, a job succeeds, the third one at the latest. */
const mostTries = 3

/** A history under way. */
interface Run {
  history: History
  world: World
  held: Map<string, Held>
  ledger: DeliveryLedger
  result: HistoryResult
  /** By stream, how many missing records jobs have reported. */
  told: Map<string, number>
  /** Streams whose last job was not kept to its end. */
  interrupted: Set<string>
}

/**
 * The law: for any job, take any STATE of each stream, independently of the other streams, continue with a new job, and
 * so on. Then the records delivered up to the kept STATEs, and afterwards, are the truth, or a job has reported what is
 * missing.
 */
export async function runHistory(history: History): Promise<HistoryResult> {
  const world = openWorld(history.workspace)
  const result: HistoryResult = { jobs: 0, requests: 0, records: 0, changes: 0, forgiven: 0, faults: [] }
  const run: Run = {
    history,
    world,
    held: new Map(),
    ledger: new Map(),
    result,
    told: new Map(),
    interrupted: new Set(),
  }
  for (const [place, plan] of history.jobs.entries()) {
    world.clock.advance(plan.waitMs)
    beginJob(world.intercom, history, run.held, plan)
    const job = await sync(run, `job ${place + 1}`, plan)
    endJob(world.intercom)
    await judgeFullRefreshes(run, `job ${place + 1}`, plan, job)
    for (const name of plan.streams)
      if (job.outcome !== undefined && (plan.keep[name] ?? 0) === 0) run.interrupted.delete(name)
      else run.interrupted.add(name)
  }
  await settle(run)
  result.requests = world.intercom.requests.totals.requests
  result.changes = world.intercom.workspace.changes.length
  return result
}

/** Nothing changes or goes wrong any more: the missing records come, and then nothing. */
async function settle(run: Run): Promise<void> {
  const { history, world, interrupted } = run
  const streams = [...new Set(history.jobs.flatMap((job) => job.streams))]
  world.clock.advance(longestLagMs)
  if (!(await succeed(run, 'the job after it', streams))) return
  // A job was given up, and the search showed its walk some changes late. These come with the overlap of the job after
  // the one that ends the walk. The job that ends the walk does not know all the records that the job given up had
  // delivered, either.
  const due = streams.filter((name) => !interrupted.has(name) || history.modes[name] === 'full_refresh')
  await judgeHeld(run, due)
  if (interrupted.size > 0 && !(await succeed(run, 'the job after that', streams))) return
  const quiet = await sync(run, 'the quiet job', { streams, isQuiet: true })
  if (quiet.outcome === undefined) run.result.faults.push(`the quiet job fails: ${quiet.error}`)
  else await judgeHeld(run, streams)
}

/** Tries until a job comes to its end. @returns whether a job did */
async function succeed(run: Run, name: string, streams: string[]): Promise<boolean> {
  let job: Job | undefined
  for (let tries = 0; tries < mostTries && (job?.outcome === undefined || job.outcome.failure); tries++) {
    job = await sync(run, name, { streams })
    run.world.clock.advance(minute)
  }
  if (job?.outcome !== undefined && !job.outcome.failure) return true
  run.result.faults.push(`${name} never succeeds: ${job?.error ?? job?.outcome?.failure?.message}`)
  return false
}

type SyncPlan = Pick<JobPlan, 'streams'> & Partial<JobPlan> & { isQuiet?: true }

/** Runs one job: judges its log, and keeps the part that its plan says. */
async function sync(run: Run, name: string, plan: SyncPlan): Promise<Job> {
  const { history, world, held, ledger, result } = run
  const { streams, keep = {}, isQuiet } = plan
  const tell = (fault: string) => result.faults.push(`${name}: ${fault}`)
  for (const stream of streams) {
    const known = held.get(stream)
    if (history.modes[stream] === 'incremental' || (known && goesOn(known.state))) continue
    held.set(stream, { state: undefined, begunAt: world.clock.now() })
    ledger.delete(stream)
  }
  const job = await runJob(world, history, { ...plan, state: stateMessages(held, streams) })
  result.jobs++
  const truth = [...truthOf(run)]
  const report = await checkMessages([job.messages], truth, { expectStreams: [] })
  for (const fault of report.faults)
    if ((job.outcome || !belongsToTheEnd(fault)) && !isOfClocks(fault, plan)) tell(inWords(fault))
  const lines = parseLines(job.messages)
  if (plan.faults?.some(({ endsScroll }) => endsScroll)) excuseScroll(run)
  for (const [stream, count] of toldShortages(lines)) run.told.set(stream, (run.told.get(stream) ?? 0) + count)
  const texts = job.messages.toString().split('\n')
  const kept = keptOf(lines, streams, keep)
  const covered = lines.flatMap(({ type, record }, place) =>
    type === 'RECORD' && place < (kept.get(record.stream)?.upTo ?? 0) ? `${texts[place]}\n` : [],
  )
  result.records += lines.filter(({ type }) => type === 'RECORD').length
  await checkMessages([covered.join('')], truth, { ledger, expectStreams: [] })
  for (const [stream, { state }] of kept)
    if (state) held.set(stream, { state, begunAt: held.get(stream)?.begunAt ?? world.clock.now() })
  if (isQuiet)
    for (const [stream, { records }] of Object.entries(report.streams))
      if (history.modes[stream] === 'incremental' && records > 0) tell(`${records} ${stream} although nothing changed`)
  return job
}

/** A full refresh that was read to its end is judged at once, because the next job begins it anew. */
async function judgeFullRefreshes(run: Run, name: string, plan: JobPlan, job: Job): Promise<void> {
  const { streams, keep, clocks } = plan
  if (job.outcome === undefined || job.outcome.failure) return
  // If the machine and Intercom's dates are both wrong, nobody can know the time. The next sync brings the rest.
  if (clocks?.dates && clocks.machine) return
  const whole = streams.filter((stream) => run.history.modes[stream] === 'full_refresh' && (keep[stream] ?? 0) === 0)
  await judgeHeld(run, whole, `${name}: `)
}

/** The list with which a scroll is compared leaves out companies without users. Nobody could miss that many. */
function excuseScroll({ world, told }: Run): void {
  const companies = world.intercom.workspace.collection('companies').latest()
  const userless = companies.filter((company) => company.member('user_count') === 0).length
  told.set('companies', (told.get('companies') ?? 0) + userless)
  told.set('company_segments', Number.POSITIVE_INFINITY)
}

/** The records kept must be the present ones; a full refresh has at least those that existed when it began. */
async function judgeHeld(
  { history, held, ledger, result, told, ...run }: Run,
  streams: string[],
  when = '',
): Promise<void> {
  if (streams.length === 0) return
  const whole = streams.filter((stream) => history.modes[stream] === 'full_refresh')
  const visibleAt = Object.fromEntries(whole.map((stream) => [stream, held.get(stream)?.begunAt ?? 0]))
  const log = streams.map(spokenOf).join('')
  const options = { ledger: new Map(ledger), visibleAt, stillAt: run.world.clock.now(), expectStreams: streams }
  const report = await checkMessages([log], truthOf({ history, ...run }), options)
  for (const fault of report.faults) {
    const { kind, stream, count } = fault
    if (kind !== 'missing' && kind !== 'stale') continue
    const holder = whole.includes(stream ?? '') ? 'what a full refresh brought' : 'what is held'
    if (count > (told.get(stream ?? '') ?? 0)) result.faults.push(`${when}${holder}: ${inWords(fault)}`)
    else result.forgiven = 1
  }
}

/** The oracle judges the streams that appear in a log. */
function spokenOf(name: string): string {
  const status = { stream_descriptor: { name }, status: 'STARTED' }
  return `${JSON.stringify({ type: 'TRACE', trace: { type: 'STREAM_STATUS', emitted_at: 0, stream_status: status } })}\n`
}

function truthOf({ history, world }: Pick<Run, 'history' | 'world'>): Iterable<TruthLine> {
  const { version, isPinned } = history.workspace
  const streams = Object.keys(history.modes)
  return world.intercom.workspace.truth({ version: isPinned ? version : defaultApiVersion, streams })
}

/** If a log is cut off, it lacks the lines that only an end brings. */
function belongsToTheEnd({ kind, examples }: FaultGroup): boolean {
  return kind === 'status_order' && examples.every((example) => example.startsWith('the log ends'))
}

/** When clocks disagree, a sync may read more again than a state remembers, even between two attempts. */
function isOfClocks({ kind }: FaultGroup, { clocks }: SyncPlan): boolean {
  return kind === 'duplicate' && clocks !== undefined && clocks !== null
}

function inWords({ kind, stream, count, examples }: FaultGroup): string {
  return `${kind}${stream === null ? '' : ` in ${stream}`} (${count}): ${examples.slice(0, 2).join('; ')}`
}
