import { parseLines } from '../support/engine.ts'

/**
 * The part of a job that a client keeps when it gives the job up: for each stream, a destination keeps the records
 * before the last STATE, and may throw away the rest.
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
