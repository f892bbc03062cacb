import { type NdjsonSource, readLines } from './lines.ts'

/** The last STATE of each stream in a message log, as an array that the next job accepts as its `state`. */
export async function lastStates(source: NdjsonSource): Promise<unknown[]> {
  const states = new Map<string, unknown>()
  for await (const batch of readLines(source)) {
    for (const { bytes } of batch) {
      if (!bytes.subarray(0, 20).includes('"STATE"')) continue
      const { state } = JSON.parse(bytes.toString()) as { state: { stream: { stream_descriptor: { name: string } } } }
      states.set(state.stream.stream_descriptor.name, state)
    }
  }
  return [...states.values()]
}
