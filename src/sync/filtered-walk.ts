import { defaultApiVersion } from '../airbyte/source-config.ts'
import { CodedError } from '../errors.ts'
import { readScroll } from '../intercom/companies-scroll.ts'
import { type ScannedAnswer, scanAnswer } from '../intercom/record-scanner.ts'
import type { StreamEntry } from '../streams/table.ts'
import { type Children, readChildren } from './children.ts'
import type { FedWalkOptions } from './feed.ts'
import { finishedFeedState, overfullNote } from './feed-state.ts'
import { type Row, readRow, wantedMembers } from './search-pages.ts'
import { completeState, freshState } from './search-state.ts'
import type { Arrival, Sink, Walk } from './walk.ts'

const EVERYTHING = { updated: Number.NEGATIVE_INFINITY, created: Number.NEGATIVE_INFINITY }

/**
 * Reads a list whole, as Intercom has no search for it, and delivers what is new. It cannot go on from the middle: an
 * attempt that dies begins the list again, and what the job's log holds already is dropped. So its cursor moves at the
 * end only, to the start of the walk.
 */
export function createFilteredWalk(options: FedWalkOptions): Walk {
  const { root, feeds, client, config } = options
  const version = config.api_version ?? defaultApiVersion
  const childFeed = feeds.find((feed) => feed.entry.child)
  /** The streams' states, once the walk is through. */
  let final = options.position?.final as Record<string, Record<string, unknown>> | undefined

  async function* arrivals(): AsyncGenerator<Arrival, void, void> {
    if (final || feeds.every((feed) => feed.finishedBefore)) return
    const start = client.serverSeconds() ?? 0
    for (const feed of feeds) feed.begin(start)
    const notes = feeds.flatMap((feed) => feed.notes)
    yield {
      take(sink) {
        for (const { level, message } of notes) sink.log(level, message)
      },
    }
    const pages = root.filtered?.list === 'scroll' ? scrolledPages(options, version) : singlePage(options, version)
    for await (const answer of pages) yield* pageArrivals(answer)
    yield {
      take(sink) {
        for (const feed of feeds) {
          const message = overfullNote(feed, { start, readTo: start })
          if (message !== undefined) sink.log('INFO', message)
        }
        final = Object.fromEntries(
          feeds.map((feed) => [feed.entry.name, finishedFeedState(feed, { start, readTo: start })]),
        )
      },
    }
  }

  async function* pageArrivals(answer: ScannedAnswer): AsyncGenerator<Arrival, void, void> {
    const rows = (answer.records ?? []).map((record) => readRow(answer.body, record, root.path, EVERYTHING))
    if (!childFeed) {
      yield { take: (sink) => takeRows(answer, rows, new Map(), sink) }
      return
    }
    const endpoint = { client, entry: childFeed.entry, version }
    for await (const batch of readChildren(endpoint, rows, (row) => childFeed.wantsChildren(row)))
      yield { take: (sink) => takeRows(answer, batch.rows, batch.children, sink) }
  }

  function takeRows(
    answer: ScannedAnswer,
    rows: readonly Row[],
    children: ReadonlyMap<Row, Children>,
    sink: Sink,
  ): void {
    for (const row of rows) for (const feed of feeds) feed.deliver({ answer, row, children: children.get(row) }, sink)
  }

  return {
    streamNames: feeds.map((feed) => feed.entry.name),
    arrivals,
    position: () => (final ? { final } : undefined),
    streamState(name) {
      const feed = feeds.find(({ entry }) => entry.name === name)
      if (feed?.finishedBefore) return completeState
      return final?.[name] ?? (feed?.incremental ? (feed.given ?? freshState) : freshState)
    },
  }
}

function shapeOf(root: StreamEntry) {
  return { recordsPath: root.recordsPath, members: wantedMembers(root) }
}

async function* singlePage(
  { root, client }: FedWalkOptions,
  version: string,
): AsyncGenerator<ScannedAnswer, void, void> {
  const { path, query } = root
  yield await client.ask({ method: 'GET', path, version, ...(query && { query }) }, ({ body }) => {
    const answer = scanAnswer(body, shapeOf(root))
    if (!answer.records)
      throw new CodedError('intercom_protocol', `Intercom's answer to ${path} holds no list of records`)
    return answer
  })
}

/** The scroll is drained at Intercom's pace, whatever the reader's: left alone for a minute it dies. */
async function* scrolledPages(
  { root, client, ports }: FedWalkOptions,
  version: string,
): AsyncGenerator<ScannedAnswer, void, void> {
  const { clock, signal, createSpool, scrollLease } = ports
  const shape = shapeOf(root)
  const spool = await createSpool()
  const dispose = () => void spool.dispose()
  // The attempt may end before anybody reads on, or may have ended while the file was made.
  if (signal.aborted) dispose()
  signal.throwIfAborted()
  signal.addEventListener('abort', dispose, { once: true })
  void scrollLease
    .hold(signal, async () => {
      for await (const page of readScroll({ client, path: root.path, version, shape, clock, signal }))
        await spool.append(page.body)
    })
    .then(
      () => spool.close(),
      (error: unknown) => spool.close(error),
    )
  for await (const body of spool.pages()) yield scanAnswer(body, shape)
  signal.removeEventListener('abort', dispose)
  dispose()
}
