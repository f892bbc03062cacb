import { defaultApiVersion } from '../../airbyte/source-config.ts'
import { asOneAnswer, readShapedList, shortageOf } from '../../intercom/endpoints/list-pages.ts'
import { recordText } from '../../intercom/text/record-text.ts'
import { placeOf } from '../../streams/versions.ts'
import { memberTypes, retypedMembers } from '../contract/member-types.ts'
import type { Arrival, SelectedStream, Walk, WalkContext } from '../contract/walk.ts'
import { readPosition, SnapshotPosition } from '../state/position-schema.ts'
import { completeState, freshState, isComplete } from '../state/search-state.ts'

/**
 * Reads a stream that one request answers whole, or one per page. It is always a full refresh, because nothing shows
 * what has changed.
 */
export function createSnapshotWalk(
  { entry, configured, state }: SelectedStream,
  { config, client }: WalkContext,
  position: Record<string, unknown> | undefined,
): Walk {
  const types = memberTypes(entry, configured)
  let done = isComplete(state) || (position && readPosition(SnapshotPosition, position, entry.name).done) === true

  let hasBegun = false

  async function* arrivals(): AsyncGenerator<Arrival, void, void> {
    if (done) return
    hasBegun = true
    const version = config.api_version ?? defaultApiVersion
    const { name, recordsPath, textsAs } = entry
    const shape = { recordsPath, textsAs, members: ['id', ...retypedMembers(entry)] }
    const list = await readShapedList(client, { ...placeOf(entry, version), version, shape })
    const answer = asOneAnswer(list, shape)
    const shortage = shortageOf(list)
    yield {
      take(sink) {
        const { records = [] } = answer
        sink.estimate(name, records.length)
        for (const record of records) sink.record(name, recordText(answer, record, types))
        if (shortage !== undefined) sink.log('WARN', `${name}: ${shortage}`)
        done = true
      },
    }
  }

  return {
    streamNames: [entry.name],
    arrivals,
    streamState: () => (done ? completeState : freshState),
    position: () => ({ done }),
    mustFinish: () => hasBegun && !done,
  }
}
