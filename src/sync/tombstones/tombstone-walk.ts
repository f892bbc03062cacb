import { startSeconds } from '../../airbyte/source-config.ts'
import { wholeText } from '../../intercom/text/record-text.ts'
import type { TombstoneTraits } from '../../streams/entries/stream-traits.ts'
import { findStream } from '../../streams/table.ts'
import { idText } from '../completion/child-text.ts'
import { memberTypes } from '../contract/member-types.ts'
import type { Arrival, SelectedStream, Sink, Walk, WalkContext } from '../contract/walk.ts'
import { readPosition, TombstonesPosition } from '../state/position-schema.ts'
import type { TombstonesState } from '../state/search-state-schema.ts'
import { tombstonesOf, withTombstonesState } from '../state/tombstones-state.ts'
import { type Deletion, type DeletionList, readDeletions } from './deletion-list.ts'
import { createShownRows, type ShownRows } from './shown-rows.ts'
import { createTold, type Told } from './told.ts'
import { tombstoneText } from './tombstone-text.ts'

/** A list of deletions may show one this late, seconds: so far back it is read again. */
const LIST_OVERLAP_SECONDS = 3600
/** Records that were gone when they were asked for are remembered until a list of deletions names them, so many. */
const MOST_GONE = 1000

/** What the walk of a stream and its deletions has come to. */
interface TombstoneReading {
  stream: SelectedStream
  findShownRows: ShownRows
  traits: TombstoneTraits
  context: WalkContext
  /** What the state that the job was given says. */
  before: TombstonesState
  position: TombstonesPosition
}

/**
 * The same walk, with a tombstone for each record of its root that is deleted: those that Intercom lists, and those that
 * were gone, by Intercom's word given twice, when something of them was asked for. They come at the walk's end: a record
 * that was delivered before, however old its text, has a lower cursor than its tombstone, and one that comes back later
 * has a higher one.
 *
 * @param streams all streams of the walk
 */
export function withTombstones(
  walk: Walk,
  { stream, streams, traits }: Pick<TombstoneReading, 'stream' | 'traits'> & { streams: readonly SelectedStream[] },
  context: WalkContext,
  given: Record<string, unknown> | undefined,
): Walk {
  const { name } = stream.entry
  const before = tombstonesOf(stream.state)
  const kept = given?.tombstones
  const position = kept === undefined ? { gone: [], revived: [] } : readPosition(TombstonesPosition, kept, name)
  const findShownRows = createShownRows(stream.entry, streams)
  const reading: TombstoneReading = { stream, findShownRows, traits, context, before, position }

  async function* arrivals(): AsyncGenerator<Arrival, void, void> {
    const told = createTold(before.told)
    const isTold = (id: string) => told.has(id) || before.gone?.[id] !== undefined
    for await (const arrival of walk.arrivals()) yield { take: (sink) => arrival.take(noticing(reading, sink, isTold)) }
    if (reading.position.done) return
    const noticed = context.client.latestSeconds()
    const asked = context.client.serverSeconds()
    const from = before.from ?? startSeconds(context.config)
    const list = await readDeletions(traits, { ...context, from })
    yield { take: (sink) => takeDeletions(reading, list, { noticed, asked }, sink) }
  }

  return {
    ...walk,
    arrivals,
    position() {
      const own = walk.position()
      return own && { ...own, tombstones: structuredClone(reading.position) }
    },
    streamState: (streamName) =>
      streamName === name
        ? withTombstonesState(walk.streamState(name), stateOf(reading))
        : walk.streamState(streamName),
  }
}

/** The same sink, with an eye on what becomes of records of the stream. */
function noticing(
  { stream, findShownRows, context, position }: TombstoneReading,
  sink: Sink,
  isTold: (id: string) => boolean,
): Sink {
  const { name } = stream.entry
  return {
    ...sink,
    present(streamName, id) {
      // It is there again: if it is deleted once more, its next tombstone is a new one.
      if (!isTold(id)) return
      if (streamName !== name) position.came = [...(position.came ?? []), [streamName, id]]
      else if (!position.revived.includes(id)) position.revived.push(id)
    },
    mayBeGone(streamName, id, textOf) {
      const { shown = [] } = position
      if (streamName !== name || shown.some((one) => one.id === id)) return
      const rows = findShownRows({ id, text: textOf() })
      if (rows.length > 0) position.shown = [...shown, { id, rows }]
    },
    gone(streamName, id) {
      if (streamName !== name || position.gone.some((one) => one.id === id)) return
      position.gone.push({ id, at: context.client.latestSeconds() })
    },
  }
}

/** What the next sync has to know while the walk is under way, and after it. */
function stateOf({ before, position }: TombstoneReading): TombstonesState {
  if (position.done) return position.done
  if (position.revived.length === 0) return before
  const told = createTold(before.told)
  for (const id of position.revived) told.delete(id)
  const gone = Object.entries(before.gone ?? {}).filter(([id]) => !position.revived.includes(id))
  return { ...before, told: told.toText() ?? '', gone: Object.fromEntries(gone) }
}

function takeDeletions(
  reading: TombstoneReading,
  list: DeletionList,
  times: { noticed: number; asked: number },
  sink: Sink,
): void {
  const { stream, traits, position } = reading
  const { entry, configured } = stream
  const known = stateOf(reading)
  const told = createTold(known.told)
  const knownGone = new Map(Object.entries(known.gone ?? {}))
  const idType = memberTypes(entry, configured).get('id')
  const isKnown = (id: string) => told.has(id) || knownGone.has(id)
  if ('absent' in list) {
    const rest = 'so only what is gone when it is asked for gets a tombstone'
    sink.log('WARN', `${entry.name}: ${list.absent}, ${rest}`)
  }
  const deletions = 'absent' in list ? [] : list.deletions
  const listed = new Set(deletions.map(({ id }) => id))
  const tell = (deletion: Deletion, noticed: number) =>
    sink.tombstone(entry.name, wholeText(tombstoneText(`"id":${idText(deletion.id, idType)}`, deletion, noticed)))
  for (const deletion of deletions) if (!isKnown(deletion.id)) tell(deletion, times.noticed)
  for (const { id, at } of position.gone) {
    if (!listed.has(id) && !isKnown(id)) tell({ id }, at)
    // Whoever has told of their record. What an earlier sync has told does not come again with each that asks.
    const rows = position.shown?.find((one) => one.id === id)?.rows ?? []
    const hasCome = (streamName: string) => position.came?.some(([its, own]) => its === streamName && own === id)
    for (const [streamName, key] of rows)
      if (!isKnown(id) || hasCome(streamName))
        sink.tombstone(streamName, wholeText(tombstoneText(key, {}, at, findStream(streamName)?.cursor)))
  }
  const noticed = position.gone.map(({ id, at }) => [id, at] as const)
  const gone = [...knownGone, ...noticed].filter(([id]) => !listed.has(id)).slice(-MOST_GONE)
  const { from, told: nextTold } = toldNext(reading, deletions, times.asked, told)
  if (nextTold === undefined) {
    const what = 'more records are deleted than a state can name'
    sink.log('INFO', `${entry.name}: ${what}: the next sync delivers their tombstones again`)
  }
  const isListed = traits.listedIn !== undefined && !('absent' in list)
  position.done = {
    ...(isListed ? { from, ...(nextTold !== undefined && { told: nextTold }) } : known),
    gone: Object.fromEntries(gone),
  }
  position.revived = []
  position.gone = []
  delete position.shown
  delete position.came
}

/** Which deletions the next sync may meet again in the list, and from when on it reads the list. */
function toldNext(
  { before, context }: TombstoneReading,
  deletions: readonly Deletion[],
  asked: number,
  toldBefore: Told,
): { from: number; told: string | undefined } {
  const from = Math.max(before.from ?? startSeconds(context.config), asked - LIST_OVERLAP_SECONDS)
  // A list without times is read whole each time. When it gives nothing at all, that proves nothing.
  if (deletions.length === 0) return { from, told: toldBefore.toText() }
  const told = createTold()
  for (const { id, deletedAt } of deletions) if (deletedAt === undefined || deletedAt >= from) told.add(id)
  return { from, told: told.toText() }
}
