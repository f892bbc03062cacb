import type { Random } from '../../simulator/random.ts'
import { streamTable } from '../../src/streams/table.ts'
import { parseLines } from '../support/engine.ts'

/** Start dates before all records, each earlier than the one before; the last means no start date. */
const startDates = ['2015-01-01T00:00:00Z', '2012-06-01T00:00:00Z', undefined]

/** The start date of each of so many syncs; sometimes it moves back. */
export function drawStartDates(random: Random, count: number): (string | undefined)[] {
  let place = Math.floor(random() * startDates.length)
  return Array.from({ length: count }, () => {
    if (random() < 0.15) place = Math.min(place + 1, startDates.length - 1)
    return startDates[place]
  })
}

interface StateMessage {
  stream: { stream_descriptor: { name: string }; stream_state: { intercom_sync?: { plan?: string } } }
}

/** Streams with a cursor that were planned with a different start date, and whose job does not report the change. */
export function silentStreams(
  states: readonly StateMessage[] | undefined,
  messages: Buffer,
  startDate: string | undefined,
): string[] {
  const warned = parseLines(messages).flatMap(({ log }) =>
    log?.level === 'WARN' && log.message.includes('the settings have changed') ? (log.message.split(':')[0] ?? '') : [],
  )
  const moved = (states ?? []).filter(({ stream }) => {
    const [, , before] = stream.stream_state.intercom_sync?.plan?.split('|') ?? []
    return before !== undefined && before !== (startDate ?? '-')
  })
  const names = moved.map(({ stream }) => stream.stream_descriptor.name)
  return names.filter((name) => streamTable.find((entry) => entry.name === name)?.cursor && !warned.includes(name))
}
