import { basename } from 'node:path'
import { type Clock, systemClock } from '../../src/clock.ts'
import { formatCount, formatNoun, formatSeconds, formatSize } from '../../src/display/figures.ts'
import type { Screen } from '../../src/display/screen.ts'
import { totalRecords, type Watch } from '../../src/display/sync-view.ts'
import type { Simulator } from '../app.ts'
import { lastStates } from '../oracle/last-states.ts'
import { usualNames } from '../records/streams.ts'
import { type LimitUse, readBudgetUse, useOfLimit } from './budget-use.ts'
import { changeRecords, truthAbout } from './changes.ts'
import { type LiveSync, syncLive } from './live-sync.ts'
import { createProgress, type Progress } from './progress.ts'
import { countTable, oracleLines, sampleLines } from './tables.ts'
import { judge, type Verdict } from './verdict.ts'

export interface SyncsOptions {
  simulator: Simulator
  /** Requests that Intercom allows in ten seconds. */
  rateLimit: number
  /** Address of the service. */
  service: string
  screen: Screen
  watch: Watch
  signal: AbortSignal
}

/** The result of the three syncs. */
export interface SyncsOutcome {
  /** The faults found; empty when everything was right. */
  faults: string[]
  /** Path of the last job. */
  job: string
}

/** The files for the messages, in the working directory. */
export const messageFiles = ['demo-first.ndjson', 'demo-second.ndjson', 'demo-third.ndjson'] as const

const clock: Clock = systemClock

/** Syncs everything, then the changes, then nothing. Each sync is compared with the data of the simulated Intercom. */
export async function runThreeSyncs(options: SyncsOptions): Promise<SyncsOutcome> {
  const { simulator, screen } = options
  const { say, paint } = screen
  const [firstFile, secondFile, thirdFile] = messageFiles

  say('', paint('bold', 'First sync: everything'))
  const first = await runSync(options, firstFile, [], options.watch)
  const whole = await judge(firstFile, simulator.workspace.truth())
  say('', ...sampleLines(first.progress))
  say('', ...countTable(whole.counts, 'Intercom has', screen), ...oracleLines(whole, screen))

  const changes = changeRecords(simulator.workspace)
  const changed = [...changes].map(([stream, ids]) => formatNoun(ids.size, singular[stream] ?? stream))
  say('', paint('bold', 'Second sync: what has changed since'), '  Changed in Intercom:', `  ${changed.join(', ')}`)
  const second = await runSync(options, secondFile, await lastStates(firstFile), watchNothing)
  const news = await judge(secondFile, truthAbout(changes, simulator.workspace.truth()))
  const moved = news.counts.filter(({ expected, delivered }) => expected > 0 || delivered > 0)
  say('', ...countTable(moved, 'Has changed', screen), ...oracleLines(news, screen))

  say('', paint('bold', 'Third sync: nothing has changed'))
  const third = await runSync(options, thirdFile, await lastStates(secondFile), watchNothing)
  const nothing = await judge(thirdFile, [])
  if (!nothing.isRight) say('', ...countTable(nothing.counts, 'Has changed', screen), ...oracleLines(nothing, screen))

  const faults = [
    ...faultsOf('first', first.progress, whole),
    ...faultsOf('second', second.progress, news),
    ...faultsOf('third', third.progress, nothing),
  ]
  return { faults, job: third.job }
}

const singular: Readonly<Record<string, string>> = {
  contacts: 'contact',
  conversations: 'conversation',
  companies: 'company',
  tickets: 'ticket',
  activity_logs: 'log entry',
}

/** An incremental sync ends before there is anything to watch. */
const watchNothing: Watch = () => () => undefined

interface WatchedSync extends LiveSync {
  progress: Progress
}

async function runSync(options: SyncsOptions, file: string, state: unknown[], watch: Watch): Promise<WatchedSync> {
  const { simulator, rateLimit, service, screen, signal } = options
  const progress = createProgress(usualNames, clock)
  const unwatch = watch({ sync: progress.view, footer: () => readBudgetUse(simulator.requests, rateLimit, clock) })
  const before = countRequests(simulator)
  const begunAt = clock.now()
  const sync = await syncLive({ service, file, state, progress, signal }).finally(unwatch)
  const { streams, seconds } = progress.view()
  const after = countRequests(simulator)
  const requests = formatNoun(after.all - before.all, 'request')
  screen.say(
    `  ${formatNoun(totalRecords(streams), 'record')}, ${formatSize(sync.bytes)} in ${formatSeconds(seconds * 1000)} -> ${basename(file)}`,
    `  ${requests} to Intercom, ${formatCount(after.refused - before.refused)} refused (it allows ${formatCount(rateLimit)} in 10 s)`,
    `  ${formatUse(useOfLimit(simulator.requests, begunAt, rateLimit))}`,
  )
  return { ...sync, progress }
}

function formatUse({ share, windows }: LimitUse): string {
  const where = windows > 1 ? 'in every window of 10 s before the last' : 'in one window of 10 s'
  return `Share of the limit used: ${Math.round(share * 100)} %, ${where}`
}

function countRequests({ requests: { totals } }: Simulator): { all: number; refused: number } {
  return { all: totals.requests, refused: totals.byStatus[429] ?? 0 }
}

function faultsOf(which: string, { failures }: Progress, { isRight, counts }: Verdict): string[] {
  const told = failures.map((message) => `the ${which} sync failed: ${message}`)
  if (isRight) return told
  const wrong = counts.filter((count) => !count.isRight)
  const streams = wrong.map(
    ({ stream, expected, delivered }) =>
      `${stream} (${formatCount(expected)} expected, ${formatCount(delivered)} came)`,
  )
  return [...told, `the ${which} sync is not right: ${streams.join(', ') || 'its messages break the protocol'}`]
}
