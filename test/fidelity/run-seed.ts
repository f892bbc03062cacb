import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import type { DeliveryLedger } from '../../simulator/oracle/delivery-check.ts'
import type { FaultGroup } from '../../simulator/oracle/report.ts'
import { createRandom } from '../../simulator/random.ts'
import { beginIncrement, endIncrement } from '../../simulator/scenario/play.ts'
import { drawScenario, type Scenario } from '../../simulator/scenario/scenario.ts'
import { streamTable } from '../../src/streams/table.ts'
import { collectSync } from '../support/engine.ts'
import { openWorld, type World } from '../support/moving-world.ts'
import { coveredByStates } from './abandoned-job.ts'
import { compareTables } from './compare-tables.ts'
import { Destination } from './destination.ts'
import { drawClocks, type ToldClocks } from './draw-clocks.ts'
import { drawContent, drawDeletes, drawReferences, drawReset, drawSelection, type Wish } from './draw-selection.ts'
import { drawStartDates, silentStreams } from './exchanged-settings.ts'
import { dueTimes, nameOf, type StreamState, truthOf } from './expected.ts'
import { configOf, drawKills, runJob } from './run-job.ts'
import { countSetAside, readAgainIn, unreadListsIn } from './set-aside.ts'

/** The result of a seed. */
export interface SeedResult {
  scenario: Scenario
  syncs: number
  /** Attempts that were killed or failed, and were followed by another. */
  continued: number
  records: number
  requests: number
  changes: number
  /** In words; empty when all is right. */
  faults: string[]
}

const minute = 60_000
/** After this time the search shows everything. */
const longestLagMs = 11 * 60 * minute
const timeless = new Set(streamTable.filter(({ cursor }) => cursor === undefined).map(({ name }) => name))
const hasParent = new Set(streamTable.filter(({ child, derived }) => child || derived).map(({ name }) => name))

/** A run under way. */
interface Run {
  world: World
  result: SeedResult
  streams: readonly Wish[]
  /** The streams that every sync reads whole. */
  whole: ReadonlySet<string>
  ledger: DeliveryLedger
  state: unknown[] | undefined
  startDate: string | undefined
  /** The tables of a destination, where what is deleted is told. */
  destination: Destination | undefined
  /**
   * In this many more complete syncs, records may come again unchanged, because a job that was given up had delivered
   * them.
   */
  mayRepeat: number
}

/**
 * Syncs a random workspace five times, each time with the states of the time before, while it changes and things go
 * wrong. Compares every log with the truth.
 *
 * @param options.usesSockets whether requests go over sockets, @defaultValue true
 */
export async function runSeed(seed: number, { usesSockets = true } = {}): Promise<SeedResult> {
  const scenario = drawScenario(seed)
  const random = createRandom(seed, 0xf1de, 1)
  await using world = await openWorld(scenario, usesSockets)
  const result = { scenario, syncs: 0, continued: 0, records: 0, requests: 0, changes: 0, faults: [] }
  const references = (scenario.options.references ?? 0) > 0
  const streams = [
    ...drawSelection(createRandom(seed, 0xf1de, 2), scenario.version),
    ...(references ? drawReferences(createRandom(seed, 0xf1de, 7), scenario.version) : []),
    ...(scenario.options.lists ? drawContent(createRandom(seed, 0xf1de, 8), scenario.version) : []),
    ...drawDeletes(createRandom(seed, 0xf1de, 9), scenario.version),
  ]
  const whole = new Set(streams.filter(({ syncMode }) => syncMode === 'full_refresh').map(({ name }) => name))
  const run: Run = {
    world,
    result,
    streams,
    whole,
    ledger: new Map(),
    state: undefined,
    startDate: undefined,
    destination: createRandom(seed, 0xf1de, 11)() < 0.5 ? new Destination(streams) : undefined,
    mayRepeat: 0,
  }
  const startDates = drawStartDates(createRandom(seed, 0xf1de, 4), scenario.increments.length)
  const unlucky = createRandom(seed, 0xf1de, 3)
  const clocks = createRandom(seed, 0xf1de, 5)
  for (const [place, increment] of scenario.increments.entries()) {
    world.clock.advance(increment.waitMs)
    beginIncrement(world.simulator, increment)
    run.startDate = startDates[place]
    if (unlucky() < 0.2) await giveUp(run, 1 + Math.floor(unlucky() * unlucky() * 30))
    const stubborn = increment.stubborn.length
    const told = drawClocks(clocks)
    await sync(run, `increment ${place + 1}`, { kills: drawKills(random), stubborn, clocks: told })
    endIncrement(world.simulator, increment)
    const isLast = place === scenario.increments.length - 1
    if (isLast || random() < 0.5) await settle(run, `after increment ${place + 1}`)
    reset(run, drawReset(random, streams))
  }
  if (run.destination)
    for (const fault of compareTables(world, scenario.version, run.destination))
      run.result.faults.push(`in the end: ${fault}`)
  if (!scenario.options.hideTimezone) await exchange(run)
  result.requests = world.simulator.requests.totals.requests
  result.changes = world.simulator.workspace.changes.length
  return result
}

/** The token now belongs to another workspace. The records delivered from this one must not count for that one. */
async function exchange({ world, result, streams, state, startDate, destination }: Run): Promise<void> {
  if (!state?.length) return
  world.simulator.exchangeWorkspace('another')
  const config = configOf({ version: result.scenario.version, startDate, buries: destination !== undefined })
  const reached = { baseUrl: world.baseUrl, adapter: world.adapter }
  const code = await collectSync({ ...reached, clock: world.clock, streams, state, config }).then(
    () => 'nothing',
    (error: unknown) => Reflect.get(Object(error), 'code') as unknown,
  )
  if (code !== 'workspace_changed') result.faults.push(`states of another workspace: ${String(code)} is said`)
}

/** The client wants the whole stream again. */
function reset(run: Run, stream: string | undefined): void {
  if (stream === undefined) return
  run.state = (run.state as StreamState[]).filter((state) => nameOf(state) !== stream)
  run.ledger.delete(stream)
}

/**
 * A job that its client gives up. The client keeps the part that the job's states cover, and the next job continues
 * from there.
 */
async function giveUp(run: Run, afterCommits: number): Promise<void> {
  const { world, result, streams, whole, ledger } = run
  const { version } = result.scenario
  const job = await runJob(world, {
    version,
    streams,
    state: run.state,
    startDate: run.startDate,
    buries: run.destination !== undefined,
    kills: [afterCommits],
    isAbandoned: true,
  })
  const states = (job.state as StreamState[]).filter((state) => !whole.has(nameOf(state)))
  const names = new Set(states.map(nameOf))
  run.state = [...((run.state ?? []) as StreamState[]).filter((state) => !names.has(nameOf(state))), ...states]
  const truth = truthOf(run, unreadListsIn(job.messages))
  const covered = coveredByStates(job.messages)
  run.destination?.take(covered)
  const report = await checkMessages([covered], truth, { ledger, expectStreams: [] })
  // The records alone say nothing about the order of messages.
  for (const { kind, stream, count, examples } of report.faults)
    if (['duplicate', 'unexpected', 'wrong_parent'].includes(kind))
      result.faults.push(`a job given up: ${kind} in ${stream} (${count}): ${examples.slice(0, 2).join('; ')}`)
  result.syncs++
  // The next job does not know which records this one delivered last, and cannot pass them on to the job after it.
  run.mayRepeat = 2
  world.clock.advance(minute)
}

/** Nothing changes any more: one sync brings everything still missing, and the next one brings nothing. */
async function settle(run: Run, when: string): Promise<void> {
  run.world.clock.advance(longestLagMs)
  await sync(run, `${when}, caught up`, { isSettled: true })
  run.world.clock.advance(minute)
  await sync(run, `${when}, quiet`, { isSettled: true, isQuiet: true })
}

interface Expectation {
  kills?: number[]
  /** On so many records Intercom always fails, so their streams may be incomplete. @defaultValue 0 */
  stubborn?: number
  /** Nothing has changed recently, so everything is due. */
  isSettled?: true
  /** Nor has anything changed since the last sync. */
  isQuiet?: true
  /** The time that the job gets. @defaultValue the true one */
  clocks?: ToldClocks | undefined
}

async function sync(
  run: Run,
  name: string,
  { kills = [], stubborn = 0, isSettled, isQuiet, clocks }: Expectation,
): Promise<void> {
  const { world, result, streams, whole, ledger } = run
  const { version } = result.scenario
  const startedAt = world.clock.now()
  const { state: given, startDate } = run
  const buries = run.destination !== undefined
  const job = await runJob(world, { version, streams, state: given, startDate, buries, kills, clocks })
  run.destination?.take(job.messages)
  // A new job starts its full refreshes from the beginning.
  run.state = (job.state as StreamState[]).filter((state) => !whole.has(nameOf(state)))
  result.syncs++
  result.continued += job.attempts - 1
  const tell = (fault: string) => result.faults.push(`${name}: ${fault}`)
  for (const stream of silentStreams(given as StreamState[], job.messages, startDate))
    tell(`${stream} does not say that the start date has changed`)
  if (job.failure !== undefined && (stubborn === 0 || job.incomplete.size === 0)) tell(`failed: ${job.failure}`)
  // By calendar day, one bad record excludes whole days; and a bad parent excludes all of its children.
  const mostMissing = (stream: string) =>
    hasParent.has(stream) || (stream === 'contacts' && version !== '2.17')
      ? Infinity
      : Math.max(stubborn, countSetAside(job.messages, truthOf(run), stream))
  const isForgiven = ({ kind, stream, count }: FaultGroup) =>
    ['missing', 'stale'].includes(kind) && stream !== null && job.incomplete.has(stream) && count <= mostMissing(stream)

  // A stream that is read whole gives all records, whatever came before.
  for (const stream of whole) ledger.delete(stream)
  const truth = truthOf(run, unreadListsIn(job.messages))
  const again = readAgainIn(job.messages)
  const due = isSettled ? {} : { visibleAt: dueTimes(run, job, startedAt), stillAt: world.clock.now() }
  const report = await checkMessages([job.messages], truth, { ...due, ledger })
  for (const { kind, stream, count, examples } of report.faults.filter((fault) => stubborn === 0 || !isForgiven(fault)))
    tell(`${kind}${stream === null ? '' : ` in ${stream}`} (${count}): ${examples.slice(0, 2).join('; ')}`)
  for (const [stream, { records, repeated, setHash, truthHash }] of Object.entries(report.streams)) {
    result.records += records
    if (isQuiet && run.mayRepeat === 0 && !whole.has(stream) && records > 0)
      tell(`${records} ${stream} although nothing changed`)
    const mayComeAgain = run.mayRepeat > 0 || whole.has(stream) || hasParent.has(stream) || again.has(stream)
    if (!mayComeAgain && repeated > 0) tell(`${repeated} of ${records} ${stream} came before`)
    // The truth says nothing of a stream that never had a record: any that came is told of above.
    const isEmpty = truthHash === undefined && records === 0
    if (isSettled && timeless.has(stream) && !isEmpty && setHash !== truthHash) tell(`${stream} are not what is there`)
  }
  // The contents of a gap are still unknown.
  if (job.incomplete.size === 0) run.mayRepeat = Math.max(0, run.mayRepeat - 1)
  // When a clock lags, the next sync may read more again than a state remembers.
  if (clocks) run.mayRepeat = Math.max(run.mayRepeat, 1)
}
