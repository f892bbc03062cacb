import { defaultApiVersion } from '../../airbyte/source-config.ts'
import type { Moment } from '../../intercom/time/server-clock.ts'
import { readStored } from '../../stored/stored-data.ts'
import type { StreamEntry, WindowTraits } from '../../streams/table.ts'
import type { Arrival, Sink, Walk, WalkContext } from '../contract/walk.ts'
import { missingOf } from '../delivery/missing.ts'
import { describeRange, mayBeOfRecords } from '../pages/narrowing.ts'
import { WindowPosition } from '../state/position.ts'
import { completeState, freshState, reachedState } from '../state/search-state.ts'
import { lowWaterMark, owns, type Slice, sliceFromJson, sliceToJson } from '../state/slice.ts'
import type { Feed } from '../streams/feed.ts'
import { finishedFeedState, overlapNotes } from '../streams/feed-state.ts'
import { gapsBelow } from '../streams/gaps.ts'
import { listPlan, settingsChanged } from '../streams/settings.ts'
import { merge } from './merge.ts'
import { cutIntoWindows, readWindow, type WindowEndpoint, type WindowPage } from './windows.ts'

const DAY_SECONDS = 86_400
const USUAL_STEP_DAYS = 30
/** Intercom was founded in 2011. */
const EARLIEST = 1_293_840_000
/** Windows read side by side. */
const LANES = 4
/** A window that fails is halved down to this, seconds. */
const NARROWEST_SECONDS = 3600
/** Tries of a window that can still be halved. */
const FEW_TRIES = 2
/** When so many of the narrowest windows fail, it is not what is in them. */
const MOST_ASIDE = 8

interface WindowWalkOptions extends WalkContext {
  root: StreamEntry
  feed: Feed
  traits: WindowTraits
  /** What `position()` gave when the last durable commit was made. */
  position: Record<string, unknown> | undefined
}

interface WindowPlan {
  windows: Slice[]
  /** When the walk began: it owns what was logged before. Unix seconds. */
  readonly asked: number
  done: boolean
}

/**
 * Reads a log that only grows, newest first whatever is asked, one bounded window of time after the other: Intercom
 * answers 500 over windows that hold too much. A window that breaks off is read again from its beginning, and what the
 * job's log holds already is dropped.
 */
export function createWindowWalk(options: WindowWalkOptions): Walk {
  const { root, feed, traits, client, config, workspace } = options
  const endpoint: WindowEndpoint = { client, entry: root, traits, version: config.api_version ?? defaultApiVersion }
  const settings = listPlan(config)
  let current =
    options.position && restore(readStored(WindowPosition, options.position, `the position of ${root.name}`))

  function restore({ feed: json, windows, ...position }: WindowPosition): WindowPlan {
    feed.begin(position.asked, json)
    return planOf(windows.map(sliceFromJson), client.moment(position.asked), position.done)
  }

  function planOf(windows: Slice[], moment: Moment, done: boolean): WindowPlan {
    return {
      windows,
      get asked() {
        return moment.seconds()
      },
      done,
    }
  }

  function plan(): WindowPlan {
    const moment = client.moment()
    const asked = moment.seconds()
    const from = Math.max(feed.lower, workspace.createdAt ?? EARLIEST)
    const step = (config.activity_logs_time_step ?? USUAL_STEP_DAYS) * DAY_SECONDS
    feed.begin(asked)
    // The second under way is asked for too; what it still gets is the next sync's, which reads it again.
    const latest = client.latestSeconds() + 1
    const windows = [...gapsBelow(from, feed.previous?.gaps ?? []), ...cutIntoWindows(from, asked + 1, step)]
    // Where clocks disagree the newest window takes in what may be there: one request more or less.
    const newest = windows.at(-1)
    if (newest?.to === asked + 1) newest.to = Math.max(newest.to, latest)
    else if (from < latest) windows.push({ from: Math.max(from, asked + 1), to: latest, done: false })
    return planOf(windows, moment, false)
  }

  async function* arrivals(): AsyncGenerator<Arrival, void, void> {
    if (current?.done || feed.finishedBefore) return
    const begun = current ?? plan()
    if (!current)
      yield {
        take(sink) {
          current = begun
          for (const { level, message } of [...feed.notes, ...settingsChanged(feed, settings)]) sink.log(level, message)
        },
      }
    const open = begun.windows.filter((window) => !window.done && !window.aside)
    yield* merge(
      open.map((window) => windowArrivals(begun, window)),
      LANES,
    )
    yield { take: (sink) => finish(begun, sink) }
  }

  async function* windowArrivals(begun: WindowPlan, window: Slice): AsyncGenerator<Arrival, void, void> {
    const length = (window.to ?? window.from) - window.from
    const isNarrow = length < 2 * NARROWEST_SECONDS
    try {
      for await (const page of readWindow(endpoint, window, isNarrow ? undefined : FEW_TRIES))
        yield { take: (sink) => takePage(window, page, sink) }
    } catch (error) {
      if (!mayBeOfRecords(error)) throw error
      if (!isNarrow) {
        const parts = cutIntoWindows(window.from, window.from + length, Math.ceil(length / 2))
        yield { take: () => void begun.windows.splice(begun.windows.indexOf(window), 1, ...parts) }
        for (const part of parts) yield* windowArrivals(begun, part)
        return
      }
      if (begun.windows.filter(({ aside }) => aside).length >= MOST_ASIDE) throw error
      yield {
        take() {
          window.aside = true
        },
      }
    }
  }

  function takePage(window: Slice, { answer, rows, last, missed, isHollow }: WindowPage, sink: Sink): void {
    for (const row of rows) {
      if (owns(window, row)) feed.deliver({ answer, row, children: undefined }, sink)
    }
    window.done = last
    if (isHollow) {
      const message = `${root.name}: Intercom gave an empty page that says more follow, twice`
      sink.log('WARN', `${message}: some of what was logged from ${describeRange(window)} may not have come`)
    }
    if (missed === undefined) return
    const message = `${root.name}: Intercom gives the records of one second in another order each time it is asked`
    sink.log('WARN', `${message}: up to ${missed} of what was logged from ${describeRange(window)} did not come`)
  }

  function finish(begun: WindowPlan, sink: Sink): void {
    begun.done = true
    for (const { level, message } of overlapNotes(feed, begun.asked)) sink.log(level, message)
  }

  return {
    streamNames: [root.name],
    arrivals,
    streamState() {
      if (feed.finishedBefore) return completeState
      if (!current) return feed.given ?? freshState
      const { windows, asked, done } = current
      if (done) return finishedFeedState(feed, { start: asked, readTo: asked, plan: settings, slices: windows })
      if (!feed.incremental) return freshState
      const overlap = feed.overlap()
      const mark = Math.min(lowWaterMark(windows, 'descending', asked), asked - overlap.seconds())
      const cursor = Math.max(feed.owedFrom, mark)
      return reachedState(root.cursor ?? 'created_at', { cursor, plan: settings, worstLag: overlap.worstLag() })
    },
    missing: () => missingOf(feed, current?.windows),
    position: () => current && { ...current, windows: current.windows.map(sliceToJson), feed: feed.toJson() },
  }
}
