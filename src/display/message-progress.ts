import type { Clock } from '../clock.ts'
import { isObject, parseJson } from '../json-object.ts'
import { formatTime } from './figures.ts'
import { paceOf, type StreamView, type SyncView } from './sync-view.ts'

/** What the messages that have passed show about a sync. */
interface MessageProgress {
  /** Takes one more line. */
  take(line: Uint8Array): void
  /** Takes NDJSON: whole lines. */
  takeAll(lines: string | Uint8Array): void
  view(): SyncView
}

/** Times by the monotonic clock, ms. */
interface StreamCount {
  name: string
  status: StreamView['status']
  records: number
  estimate?: number
  startedAt?: number
  endedAt?: number
}

/**
 * Enough of a line to see its type and, for a RECORD, its stream. We read no more, because thousands pass each second.
 */
const headBytes = 120
const LINE_FEED = 0x0a

/** @param names the streams that are shown from the start; others join when they begin */
export function createMessageProgress(names: readonly string[], clock: Clock): MessageProgress {
  const startedAt = clock.monotonic()
  const streams = new Map(names.map((name) => [name, newStream(name)]))
  /** Until when the sync waits for the rate limit, ms since the epoch. */
  let limitedUntil = 0

  /** How the latest RECORD began, and its stream: most lines begin like the one before. */
  let latest: { head: Buffer; stream: StreamCount } | undefined

  const streamNamed = (name: string): StreamCount => {
    const stream = streams.get(name) ?? newStream(name)
    streams.set(name, stream)
    return stream
  }

  function takeTrace(trace: unknown): void {
    if (!isObject(trace)) return
    const { estimate, stream_status: told } = trace
    if (isObject(estimate) && typeof estimate.row_estimate === 'number')
      streamNamed(String(estimate.name)).estimate = estimate.row_estimate
    if (!isObject(told) || !isObject(told.stream_descriptor)) return
    const stream = streamNamed(String(told.stream_descriptor.name))
    const now = clock.monotonic()
    if (told.status === 'STARTED') Object.assign(stream, { status: 'reading', startedAt: now })
    if (told.status === 'COMPLETE') Object.assign(stream, { status: 'complete', endedAt: now })
    if (told.status === 'INCOMPLETE') Object.assign(stream, { status: 'incomplete', endedAt: now })
    limitedUntil = Math.max(limitedUntil, quotaResetIn(told.reasons))
  }

  /** Whether the line that begins here is a RECORD like the latest, which is counted then. */
  function isLikeLatest(bytes: Uint8Array, start: number): boolean {
    if (!latest || !beginsWith(bytes, start, latest.head)) return false
    latest.stream.records++
    return true
  }

  function take(line: Uint8Array): void {
    if (isLikeLatest(line, 0)) return
    const head = Buffer.from(line.buffer, line.byteOffset, Math.min(headBytes, line.byteLength)).toString('latin1')
    const [start, name] = /^\{"type":"RECORD","record":\{"stream":"(\w+)"/.exec(head) ?? []
    if (start !== undefined && name !== undefined) {
      latest = { head: Buffer.from(start), stream: streamNamed(name) }
      latest.stream.records++
    } else if (head.startsWith('{"type":"TRACE"')) {
      const message = parseJson(Buffer.from(line))
      takeTrace(isObject(message) ? message.trace : undefined)
    }
  }

  return {
    take,
    takeAll(lines) {
      const bytes = typeof lines === 'string' ? Buffer.from(lines) : lines
      for (let at = 0, end = 0; at < bytes.length; at = end + 1) {
        end = bytes.indexOf(LINE_FEED, at)
        if (!isLikeLatest(bytes, at)) take(bytes.subarray(at, end))
      }
    },
    view() {
      const now = clock.monotonic()
      const isLimited = clock.now() < limitedUntil
      return {
        streams: [...streams.values()].map((stream) => viewOf(stream, now)),
        seconds: (now - startedAt) / 1000,
        ...(isLimited && { waitingFor: `Intercom's rate limit, until ${formatTime(limitedUntil)}` }),
      }
    },
  }
}

function beginsWith(bytes: Uint8Array, start: number, head: Uint8Array): boolean {
  for (let index = 0; index < head.length; index++) if (bytes[start + index] !== head[index]) return false
  return true
}

const newStream = (name: string): StreamCount => ({ name, status: 'waiting', records: 0 })

function viewOf({ name, status, records, estimate, startedAt, endedAt }: StreamCount, now: number): StreamView {
  const view = { name, status, records, ...(estimate !== undefined && { estimate }) }
  if (startedAt === undefined) return view
  const seconds = ((endedAt ?? now) - startedAt) / 1000
  if (endedAt === undefined) return { ...view, ...paceOf(records, estimate, seconds) }
  return { ...view, rate: records / Math.max(0.1, seconds), seconds }
}

/** When the last of the limits among the reasons of a status ends, ms since the epoch; 0 when there is none. */
function quotaResetIn(reasons: unknown): number {
  const times = (Array.isArray(reasons) ? reasons : []).map((reason: unknown) => {
    const limited = isObject(reason) && isObject(reason.rate_limited) ? reason.rate_limited.quota_reset : 0
    return typeof limited === 'number' ? limited : 0
  })
  return Math.max(0, ...times)
}
