/** A STATE message, as far as it says which stream it is of. */
interface StateMessage {
  type: 'STATE'
  state: { type: string; stream: { stream_descriptor: { name: string } } }
}

/** What a line with a state begins with. */
export const stateLine = '{"type":"STATE"'

/** The last state of each stream among such lines, as the next job takes them. @param before the states known until then */
export function statesAmong(lines: readonly string[], before: readonly object[] = []): object[] {
  const latest = new Map(before.map((state) => [streamOf(state), state]))
  for (const line of lines) {
    if (!line.startsWith(stateLine)) continue
    const { state } = JSON.parse(line) as StateMessage
    latest.set(streamOf(state), state)
  }
  return [...latest.values()]
}

export function streamOf(state: object): string {
  return (state as StateMessage['state']).stream.stream_descriptor.name
}
