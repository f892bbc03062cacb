import { defaultApiVersion, startSeconds } from '../../airbyte/source-config.ts'
import { RefusedError } from '../../intercom/answers/failures.ts'
import { scanList } from '../../intercom/answers/own-list.ts'
import { type NumberedPage, type PagePlace, readNumberedPages } from '../../intercom/endpoints/numbered-pages.ts'
import { nextPageQuery } from '../../intercom/endpoints/paging.ts'
import type { ScannedAnswer } from '../../intercom/text/record-scanner.ts'
import { type MemberType, recordText } from '../../intercom/text/record-text.ts'
import { memberTypes } from '../contract/member-types.ts'
import type { Arrival, SelectedStream, Sink, Walk, WalkContext } from '../contract/walk.ts'
import { type Row, readRow, wantedMembers } from '../pages/search-pages.ts'
import { logState } from '../state/log-state.ts'
import { LogPosition, readPosition } from '../state/position-schema.ts'
import { completeState, freshState, isComplete, readSearchState, type SearchState } from '../state/search-state.ts'
import { listPlan, settingsChanged } from '../streams/settings.ts'

const EVERYTHING = { updated: Number.NEGATIVE_INFINITY, created: Number.NEGATIVE_INFINITY }
/** When Intercom no longer knows the cursor, so many seconds before the latest event are delivered again. */
const REPEATED_SECONDS = 300

/** A page of the log, with the place at which it was asked for. */
interface LogPage extends NumberedPage {
  place: PagePlace
  answer: ScannedAnswer
  rows: readonly Row[]
}

/** A log that is being read. */
interface LogReading {
  stream: SelectedStream
  context: WalkContext
  types: ReadonlyMap<string, MemberType>
  /** Where reading has come to. */
  position: LogPosition
  /** Events that have come before. */
  known: ReadonlySet<string>
  /** Events from before this time are not delivered, Unix seconds. */
  from: number
}

/**
 * Reads a log that only grows and comes oldest first. The last page is asked for again by the next sync, because it grows
 * too. An empty answer proves nothing: Intercom also gives one when it cannot read its store. So it moves nothing.
 */
export function createLogWalk(
  stream: SelectedStream,
  context: WalkContext,
  given: Record<string, unknown> | undefined,
): Walk {
  const { entry, configured, state } = stream
  const incremental = configured.sync_mode === 'incremental'
  const finishedBefore = !incremental && isComplete(state)
  const previous = incremental && state ? readSearchState(state, entry.cursor) : undefined
  const position = given ? readPosition(LogPosition, given, entry.name) : positionAfter(previous)
  const types = memberTypes(entry, configured)
  const known = new Set(position.onPage)
  const reading: LogReading = { stream, context, types, position, known, from: startSeconds(context.config) }
  const plan = listPlan(context.config)
  let hasMoved = given !== undefined

  async function* arrivals(): AsyncGenerator<Arrival, void, void> {
    if (finishedBefore || reading.position.done) return
    if (!given)
      yield {
        take(sink) {
          for (const { level, message } of settingsChanged({ entry, previous }, plan)) sink.log(level, message)
        },
      }
    for await (const page of pagesOf(reading))
      yield {
        take(sink) {
          takePage(reading, page, sink)
          hasMoved = true
        },
      }
  }

  return {
    streamNames: [entry.name],
    arrivals,
    position: () => (hasMoved ? { ...reading.position } : undefined),
    streamState() {
      if (!incremental) return reading.position.done || finishedBefore ? completeState : freshState
      const { latest, place, onPage } = reading.position
      if (latest === undefined) return state ?? freshState
      return logState(entry.cursor ?? 'created_at', { plan, latest, after: place, onPage })
    },
  }
}

/** Where the last sync has ended. */
function positionAfter(previous: SearchState | undefined): LogPosition {
  return {
    place: previous?.after ?? {},
    onPage: [...(previous?.onPage ?? [])],
    ...(previous?.cursor !== undefined && { latest: previous.cursor }),
    done: false,
  }
}

async function* pagesOf(reading: LogReading): AsyncGenerator<LogPage, void, void> {
  const { path } = reading.stream.entry
  const { place } = reading.position
  const pages = (first: PagePlace) =>
    readNumberedPages({
      path,
      first,
      ask: (at) => askLogPage(reading, at),
      emptyPage: 'nothing new',
      progress: 'new records',
    })
  const isFromTheStart = Object.keys(place).length === 0
  if (isFromTheStart) restart(reading)
  try {
    yield* pages(place)
  } catch (error) {
    // Intercom does not know the cursor any more. From the start, all that is new still comes.
    if (isFromTheStart || !(error instanceof RefusedError && error.failure.status === 400)) throw error
    restart(reading)
    yield* pages({})
  }
}

/** From the start of the log, what came before is told by its time. */
function restart(reading: LogReading): void {
  const { latest } = reading.position
  if (latest !== undefined) reading.from = Math.max(reading.from, latest - REPEATED_SECONDS)
}

function askLogPage({ stream, context }: LogReading, place: PagePlace): Promise<LogPage> {
  const { path, recordsPath, cursor, log } = stream.entry
  const version = context.config.api_version ?? defaultApiVersion
  const query = { per_page: String(log?.perPage ?? 50), ...place }
  const shape = { recordsPath, members: wantedMembers(stream.entry) }
  return context.client.ask({ method: 'GET', path, version, query }, ({ body }) => {
    const answer = scanList(body, shape, path)
    const rows = answer.records.map((record) => readRow(body, record, path, EVERYTHING, cursor))
    const next = nextPageQuery(answer.envelope('pages'))
    return { place, answer, rows, keys: rows.map(({ id }) => id), next }
  })
}

function takePage(reading: LogReading, { place, answer, rows, next }: LogPage, sink: Sink): void {
  const { stream, context, types, position, known, from } = reading
  const { name } = stream.entry
  const missed = position.onPage.length > 0 && rows.length === 0
  for (const row of rows) {
    const { id, updatedAt: time } = row
    position.latest = Math.max(position.latest ?? 0, time ?? 0)
    if (known.has(id) || (time !== undefined && (time < from || time >= context.until))) continue
    sink.record(name, recordText(answer, row.record, types))
  }
  if (missed) {
    const what = `Intercom gave nothing where it gave ${position.onPage.length} events before`
    sink.log('WARN', `${name}: ${what}: it may not have been able to read them. The next sync asks for them again`)
  }
  if (next === undefined) {
    position.done = true
    position.place = { ...place }
    position.onPage = [...new Set([...position.onPage, ...rows.map(({ id }) => id)])]
  } else {
    position.place = { ...next }
    position.onPage = []
  }
}
