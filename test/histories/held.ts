import type { Message } from '../support/engine.ts'
import type { History } from './history.ts'
import { overlapMs, rootOf } from './streams.ts'

type StreamState = Record<string, unknown> & {
  intercom_sync?: { walk?: object; gaps?: object[]; worst_lag?: number }
  __ab_full_refresh_sync_complete?: boolean
}

/** What a client has of a stream. */
export interface Held {
  /** The STATE that it continues from; undefined for a stream that begins anew. */
  state: StreamState | undefined
  /** For a full refresh: when it was begun, ms since the epoch. */
  begunAt: number
}

/** The states that the client has, for the next job. */
export function stateMessages(held: ReadonlyMap<string, Held>, streams: readonly string[]): unknown[] {
  return streams.flatMap((name) => {
    const state = held.get(name)?.state
    return state === undefined ? [] : [{ type: 'STREAM', stream: { stream_descriptor: { name }, stream_state: state } }]
  })
}

/** Whether a full refresh continues where it was, instead of beginning anew. */
export function goesOn(state: StreamState | undefined): boolean {
  const { walk, gaps = [] } = state?.intercom_sync ?? {}
  return state?.__ab_full_refresh_sync_complete !== true && (walk !== undefined || gaps.length > 0)
}

/** The part of a log that a client keeps for each stream: the records before one of its STATEs, and that STATE. */
export function keptOf(
  lines: readonly Message[],
  streams: readonly string[],
  keep: Readonly<Record<string, number>>,
): Map<string, { upTo: number; state: StreamState | undefined }> {
  return new Map(
    streams.map((name) => {
      const states = lines.flatMap(({ type, state }, place) =>
        type === 'STATE' && state.stream.stream_descriptor.name === name
          ? [{ upTo: place, state: state.stream.stream_state as StreamState }]
          : [],
      )
      return [name, states.at(-1 - (keep[name] ?? 0)) ?? { upTo: 0, state: undefined }]
    }),
  )
}

/**
 * How late the search may show a change, ms: less than the overlap of its stream. If every stream that is read from
 * this one has noticed late arrivals, a sync looks back twice as far as the longest of these delays.
 */
export function longestLagMs(
  held: ReadonlyMap<string, Held>,
  { modes }: Pick<History, 'modes'>,
  stream: string,
  beyond: boolean,
): number {
  const usual = Math.max(0, overlapMs(stream) - 2_000)
  if (!beyond) return usual
  const readers = Object.keys(modes).filter((name) => rootOf(name) === stream)
  const lags = readers.map((name) => held.get(name)?.state?.intercom_sync?.worst_lag ?? 0)
  return Math.max(usual, 1_500 * Math.min(...lags))
}
