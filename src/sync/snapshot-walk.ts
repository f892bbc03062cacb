import { defaultApiVersion } from '../airbyte/source-config.ts'
import { CodedError } from '../errors.ts'
import { scanAnswer } from '../intercom/record-scanner.ts'
import { recordText } from '../intercom/record-text.ts'
import { completeState, freshState, isComplete } from './search-state.ts'
import { type Arrival, idTypes, type SelectedStream, type Walk, type WalkContext } from './walk.ts'

/** Reads a stream that one request answers whole. It is always a full refresh: nothing tells what has changed. */
export function createSnapshotWalk(
  { entry, configured, state }: SelectedStream,
  { config, client }: WalkContext,
  position: Record<string, unknown> | undefined,
): Walk {
  const types = idTypes(entry.idMembers, configured)
  let done = isComplete(state) || position?.done === true

  async function* arrivals(): AsyncGenerator<Arrival, void, void> {
    if (done) return
    const version = config.api_version ?? defaultApiVersion
    const { path, query } = entry
    const { answer, records } = await client.ask(
      { method: 'GET', path, version, ...(query && { query }) },
      ({ body }) => {
        const answer = scanAnswer(body, { recordsPath: entry.recordsPath, members: entry.idMembers })
        const { records } = answer
        if (!records)
          throw new CodedError('intercom_protocol', `Intercom's answer to ${entry.path} holds no list of records`)
        return { answer, records }
      },
    )
    yield {
      take(sink) {
        sink.estimate(entry.name, records.length)
        for (const record of records) sink.record(entry.name, recordText(answer, record, types))
        done = true
      },
    }
  }

  return {
    streamNames: [entry.name],
    arrivals,
    streamState: () => (done ? completeState : freshState),
    position: () => ({ done }),
  }
}
