import { parseLines } from '../support/engine.ts'

/**
 * What a client holds of a job that it gives up: a destination keeps of each stream what came before its last STATE, and
 * may throw away the rest.
 */
export function coveredByStates(messages: Buffer): Buffer {
  const lines = parseLines(messages)
  const lastState = new Map<string, number>()
  for (const [place, { state }] of lines.entries()) if (state) lastState.set(state.stream.stream_descriptor.name, place)
  const texts = messages.toString().split('\n')
  const covered = lines.flatMap(({ type, record }, place) =>
    type === 'RECORD' && place < (lastState.get(record.stream) ?? -1) ? `${texts[place]}\n` : [],
  )
  return Buffer.from(covered.join(''))
}
