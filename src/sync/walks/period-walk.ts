import { defaultApiVersion } from '../../airbyte/source-config.ts'
import type { Workspace } from '../../intercom/endpoints/workspace.ts'
import type { Moment } from '../../intercom/time/server-clock.ts'
import type { PeriodTraits } from '../../streams/entries/stream-traits.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { createRecheckLimit } from '../completion/patience.ts'
import { merge } from '../concurrency/merge.ts'
import type { Arrival, Sink, Walk, WalkContext } from '../contract/walk.ts'
import { missingOf } from '../output/missing.ts'
import { describeRange, mayBeOfRecords } from '../pages/narrowing.ts'
import { PeriodPosition, readPosition } from '../state/position-schema.ts'
import { completeState, freshState, reachedState } from '../state/search-state.ts'
import { lowWaterMark, owns, type Slice, sliceFromJson, sliceToJson } from '../state/slice.ts'
import type { Feed } from '../streams/feed.ts'
import { finishedFeedState, overlapNotes } from '../streams/feed-state.ts'
import { gapsBelow } from '../streams/gaps.ts'
import type { OpenFeed } from '../streams/open-feed.ts'
import { listPlan, settingsChanged } from '../streams/settings.ts'
import { cutIntoPeriods, type PeriodEndpoint, type PeriodPage, readPeriod } from './periods.ts'

const DAY_SECONDS = 86_400
const USUAL_STEP_DAYS = 30
/** Intercom was founded in 2011. */
const EARLIEST = 1_293_840_000
/** Periods read side by side. */
const LANES = 4
/** A period that fails is halved down to this length, seconds. */
const NARROWEST_SECONDS = 3600
/** Tries of a period that can still be halved. */
const FEW_TRIES = 2
/** If so many of the narrowest periods fail, their contents are not the cause. */
const MOST_ASIDE = 8

interface PeriodWalkOptions extends WalkContext {
  root: StreamEntry
  feed: Feed
  traits: PeriodTraits
  /** The result of `position()` when the last durable commit was made. */
  position: Record<string, unknown> | undefined
}

interface PeriodPlan {
  feed: OpenFeed
  periods: Slice[]
  /** When the walk began: it owns everything logged before. Unix seconds. */
  readonly asked: number
  done: boolean
}

/** A walk under way, with everything that its arrivals need. */
interface PeriodReading {
  endpoint: PeriodEndpoint
  plan: PeriodPlan
}

/**
 * Reads a log that only grows, one bounded period of time after the other, because Intercom answers 500 if a period
 * holds too much. Intercom gives the log newest first, in any case. A period that breaks off is read again from its
 * beginning, and records that the job's log already holds are dropped.
 */
export function createPeriodWalk(options: PeriodWalkOptions): Walk {
  const { root, feed, traits, client, config } = options
  const version = config.api_version ?? defaultApiVersion
  const endpoint: PeriodEndpoint = { client, entry: root, traits, version, recheckLimit: createRecheckLimit() }
  const settings = listPlan(config)
  let current = options.position && restore(options, readPosition(PeriodPosition, options.position, options.root.name))

  async function* arrivals(): AsyncGenerator<Arrival, void, void> {
    if (current?.done || feed.finishedBefore) return
    const plan = current ?? planPeriods(options, await options.workspace)
    if (!current)
      yield {
        take(sink) {
          current = plan
          for (const { level, message } of [...feed.notes, ...settingsChanged(feed, settings)]) sink.log(level, message)
        },
      }
    const open = plan.periods.filter((period) => !period.done && !period.aside)
    yield* merge(
      open.map((period) => periodArrivals({ endpoint, plan }, period)),
      LANES,
    )
    yield { take: (sink) => finish(plan, sink) }
  }

  return {
    streamNames: [root.name],
    arrivals,
    streamState() {
      if (feed.finishedBefore) return completeState
      return current ? stateOf(current, settings) : (feed.given ?? freshState)
    },
    missing: () => current && missingOf(current.feed, current.periods),
    position() {
      if (!current) return undefined
      const { feed: opened, periods, asked, done } = current
      return { windows: periods.map(sliceToJson), asked, done, feed: opened.toJson() }
    },
  }
}

function restore({ feed, client }: PeriodWalkOptions, position: PeriodPosition): PeriodPlan {
  const { asked, windows: periods, done } = position
  return planOf(feed.open(asked, position.feed), periods.map(sliceFromJson), client.moment(asked), done)
}

function planOf(feed: OpenFeed, periods: Slice[], moment: Moment, done: boolean): PeriodPlan {
  return {
    feed,
    periods,
    get asked() {
      return moment.seconds()
    },
    done,
  }
}

export function planPeriods(
  { feed, client, config, until }: Pick<PeriodWalkOptions, 'feed' | 'client' | 'config' | 'until'>,
  workspace: Workspace,
): PeriodPlan {
  const moment = client.moment()
  const asked = moment.seconds()
  const from = Math.max(feed.lower(), workspace.createdAt ?? EARLIEST)
  const step = (config.activity_logs_time_step ?? USUAL_STEP_DAYS) * DAY_SECONDS
  // The current second is requested too. Records added to it later belong to the next sync, which reads it again.
  const latest = client.latestSeconds() + 1
  const periods = [...gapsBelow(from, feed.previous?.gaps ?? []), ...cutIntoPeriods(from, asked + 1, step)]
  // If clocks disagree, the newest period reaches up to the latest one. That costs at most one more request.
  const newest = periods.at(-1)
  if (newest?.to === asked + 1) newest.to = Math.max(newest.to, latest)
  else if (from < latest) periods.push({ from: Math.max(from, asked + 1), to: latest, done: false })
  const within = periods.flatMap((period) =>
    period.from < until ? [{ ...period, to: Math.min(period.to ?? until, until) }] : [],
  )
  return planOf(feed.open(asked), until === Number.POSITIVE_INFINITY ? periods : within, moment, false)
}

async function* periodArrivals(reading: PeriodReading, period: Slice): AsyncGenerator<Arrival, void, void> {
  const { endpoint, plan } = reading
  const length = (period.to ?? period.from) - period.from
  const isNarrow = length < 2 * NARROWEST_SECONDS
  try {
    for await (const page of readPeriod(endpoint, period, isNarrow ? undefined : FEW_TRIES))
      yield { take: (sink) => takePage(reading, period, page, sink) }
  } catch (error) {
    if (!mayBeOfRecords(error)) throw error
    if (!isNarrow) {
      const parts = cutIntoPeriods(period.from, period.from + length, Math.ceil(length / 2))
      yield { take: () => void plan.periods.splice(plan.periods.indexOf(period), 1, ...parts) }
      for (const part of parts) yield* periodArrivals(reading, part)
      return
    }
    if (plan.periods.filter(({ aside }) => aside).length >= MOST_ASIDE) throw error
    yield {
      take() {
        period.aside = true
      },
    }
  }
}

function takePage(
  { endpoint, plan }: PeriodReading,
  period: Slice,
  { answer, rows, last, missed, isShort }: PeriodPage,
  sink: Sink,
): void {
  for (const row of rows) {
    if (owns(period, row)) plan.feed.deliver({ answer, row, children: undefined }, sink)
  }
  period.done = last
  const { name } = endpoint.entry
  const range = describeRange(period)
  if (isShort) {
    const what = 'Intercom gave pages that were not full though others followed, however often they were asked for'
    sink.log('WARN', `${name}: ${what}: some entries logged from ${range} may not have come`)
  }
  if (missed !== undefined) {
    const what = 'Intercom gives the records of one second in another order each time it is asked'
    sink.log('WARN', `${name}: ${what}: up to ${missed} entries logged from ${range} did not come`)
  }
}

function finish(plan: PeriodPlan, sink: Sink): void {
  plan.done = true
  for (const { level, message } of overlapNotes(plan.feed, plan.asked)) sink.log(level, message)
}

function stateOf({ feed, periods, asked, done }: PeriodPlan, settings: string): Record<string, unknown> {
  if (done) return finishedFeedState(feed, { start: asked, readTo: asked, plan: settings, slices: periods })
  if (!feed.incremental) return freshState
  const mark = Math.min(lowWaterMark(periods, 'descending', asked), asked - feed.overlap.seconds())
  const cursor = Math.max(feed.pendingFrom(), mark)
  return reachedState(feed.entry.cursor ?? 'created_at', {
    cursor,
    plan: settings,
    worstLag: feed.overlap.worstLag(),
  })
}
