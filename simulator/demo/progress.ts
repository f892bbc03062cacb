import type { Clock } from '../../src/clock.ts'
import type { BudgetUse } from './budget-use.ts'

/** How far a stream has been read; times by the monotonic clock, ms. */
export interface StreamProgress {
  stream: string
  status: 'waiting' | 'reading' | 'complete' | 'incomplete'
  records: number
  /** From the messages; absent when Intercom does not say beforehand. */
  estimate?: number
  startedAt?: number
  endedAt?: number
}

/** What the messages received so far show about a sync. */
export interface Progress {
  streams: readonly StreamProgress[]
  startedAt: number
  now(): number
  /** The first RECORD of each stream, as its line. */
  samples: ReadonlyMap<string, string>
  /** Messages of the errors reported. */
  failures: readonly string[]
  /** Takes one more line. */
  take(line: Buffer): void
}

/** Shows a sync while it runs, until the returned function is called. */
export type Watch = (progress: Progress, readBudget: () => BudgetUse) => () => void

interface TraceMessage {
  trace: {
    stream_status?: { stream_descriptor: { name: string }; status: string }
    estimate?: { name: string; row_estimate?: number }
    error?: { message: string }
  }
}

/**
 * Enough of a line to see its type and, for a RECORD, its stream. We read no more, because thousands pass each second.
 */
const headBytes = 120

export function createProgress(names: readonly string[], clock: Clock): Progress {
  const streams = new Map(names.map((stream) => [stream, newStream(stream)]))
  const samples = new Map<string, string>()
  const failures: string[] = []

  function takeTrace({ trace }: TraceMessage): void {
    if (trace.error) failures.push(trace.error.message)
    const { stream_status: told, estimate } = trace
    const stream = streams.get(told?.stream_descriptor.name ?? estimate?.name ?? '')
    if (stream === undefined) return
    if (estimate?.row_estimate !== undefined) stream.estimate = estimate.row_estimate
    if (told?.status === 'STARTED') Object.assign(stream, { status: 'reading', startedAt: clock.monotonic() })
    if (told?.status === 'COMPLETE' || told?.status === 'INCOMPLETE') {
      Object.assign(stream, { status: told.status.toLowerCase(), endedAt: clock.monotonic() })
    }
  }

  return {
    streams: [...streams.values()],
    startedAt: clock.monotonic(),
    now: () => clock.monotonic(),
    samples,
    failures,
    take(line) {
      const head = line.toString('latin1', 0, headBytes)
      if (head.startsWith('{"type":"TRACE"')) return takeTrace(JSON.parse(line.toString()) as TraceMessage)
      const name = /^\{"type":"RECORD","record":\{"stream":"(\w+)"/.exec(head)?.[1]
      const stream = name === undefined ? undefined : streams.get(name)
      if (stream === undefined) return
      if (stream.records === 0) samples.set(stream.stream, line.toString())
      stream.records++
    },
  }
}

const newStream = (stream: string): StreamProgress => ({ stream, status: 'waiting', records: 0 })

/** Records of all streams. */
export function totalRecords({ streams }: Progress): number {
  return streams.reduce((sum, { records }) => sum + records, 0)
}

/** Records per second since the stream began, and the seconds left if there is an estimate. */
export function paceOf(stream: StreamProgress, now: number): { rate: number; secondsLeft: number | undefined } {
  const { records, estimate, startedAt = now, endedAt = now } = stream
  const rate = records / Math.max(0.1, (endedAt - startedAt) / 1000)
  const isKnown = estimate !== undefined && rate > 0
  return { rate, secondsLeft: isKnown ? Math.max(0, estimate - records) / rate : undefined }
}
