import { defaultApiVersion } from '../../airbyte/source-config.ts'
import { asOneAnswer, readShapedList, shortageOf } from '../../intercom/endpoints/list-pages.ts'
import type { ScannedAnswer } from '../../intercom/text/record-scanner.ts'
import { bytesOf, recordText, wholeText } from '../../intercom/text/record-text.ts'
import { type StreamEntry, sourcesOf } from '../../streams/table.ts'
import { listPlaceOf } from '../../streams/versions.ts'
import { memberTypes, retypedMembers } from '../contract/member-types.ts'
import type { Arrival, SelectedStream, Sink, Walk, WalkContext } from '../contract/walk.ts'
import { idOf } from '../pages/search-pages.ts'
import { readPosition, SnapshotPosition } from '../state/position-schema.ts'
import { completeState, freshState, isComplete } from '../state/search-state.ts'
import { derivedRows, rowForm } from '../streams/derived-rows.ts'

/** A list that came whole. */
interface Snapshot {
  source: StreamEntry
  answer: ScannedAnswer
  /** In words, what Intercom did not give; undefined for nothing. */
  shortage: string | undefined
}

/**
 * Reads streams that one request answers whole, or one per page, and the rows inside their records. It is always a full
 * refresh, because nothing shows what has changed.
 *
 * @param streams whose records are in the same list, or which are joined by rows that are in several lists
 */
export function createSnapshotWalk(
  streams: readonly [SelectedStream, ...SelectedStream[]],
  context: WalkContext,
  position: Record<string, unknown> | undefined,
): Walk {
  const [{ entry, state }] = streams
  let done = isComplete(state) || (position && readPosition(SnapshotPosition, position, entry.name).done) === true

  let hasBegun = false

  async function* arrivals(): AsyncGenerator<Arrival, void, void> {
    if (done) return
    hasBegun = true
    const snapshots: Snapshot[] = []
    for (const source of snapshotSources(streams)) snapshots.push(await readSnapshot(source, context))
    yield {
      take(sink) {
        for (const snapshot of snapshots) for (const stream of streams) takeSnapshot(snapshot, stream, sink)
        done = true
      },
    }
  }

  return {
    streamNames: streams.map((stream) => stream.entry.name),
    arrivals,
    streamState: () => (done ? completeState : freshState),
    position: () => ({ done }),
    mustFinish: () => hasBegun && !done,
  }
}

/** The lists that the streams need, each once. */
export function snapshotSources(streams: readonly Pick<SelectedStream, 'entry'>[]): StreamEntry[] {
  return [...new Set(streams.flatMap(({ entry }) => sourcesOf(entry)))]
}

async function readSnapshot(source: StreamEntry, { config, client }: WalkContext): Promise<Snapshot> {
  const version = config.api_version ?? defaultApiVersion
  const { recordsPath, textsAs } = source
  const shape = { recordsPath, textsAs, members: ['id', ...retypedMembers(source)] }
  const list = await readShapedList(client, { ...listPlaceOf(source, version), version, shape })
  return { source, answer: asOneAnswer(list, shape), shortage: shortageOf(list) }
}

/** Delivers what a stream has of a list, if it is one of the lists that the stream needs. */
function takeSnapshot({ source, answer, shortage }: Snapshot, { entry, configured }: SelectedStream, sink: Sink): void {
  if (!sourcesOf(entry).includes(source)) return
  const { name } = entry
  const { body, records = [] } = answer
  const form = rowForm(entry, source, configured)
  const types = [...memberTypes(entry, configured)]
  if (!form) sink.estimate(name, records.length)
  for (const record of records)
    if (form) {
      const text = bytesOf(recordText(answer, record, []))
      const owner = { id: idOf(body, record) ?? '', text, updatedAt: undefined }
      for (const row of derivedRows(form, owner)) sink.record(name, wholeText(row))
    } else sink.record(name, recordText(answer, record, types))
  if (shortage !== undefined) sink.log('WARN', `${name}: ${shortage}`)
}
