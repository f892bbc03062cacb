import { isUtf8 } from 'node:buffer'
import { withoutLoneSurrogates } from '../records/delivered-text.ts'
import type { TruthLine } from '../truth/truth.ts'
import { withoutAddedMembers } from './added-members.ts'
import { comparableHash } from './comparable-text.ts'
import { DeliveryCheck, type DeliveryLedger } from './delivery-check.ts'
import { findSpan } from './json-spans.ts'
import { type NdjsonSource, readLines } from './lines.ts'
import { OrderCheck } from './order-check.ts'
import { isRecordMessage, protocolFault } from './protocol.ts'
import { FaultList, type Report, type StreamReport } from './report.ts'
import { rulesOf } from './stream-rules.ts'
import { indexTruth } from './truth-index.ts'

/** The options for judging a log. */
export interface CheckOptions {
  /**
   * Ms since the epoch, for all streams or by stream: the log must have everything that the search showed then.
   *
   * @defaultValue the newest version of everything
   */
  visibleAt?: number | Record<string, number>
  /** Ms since the epoch: records that search no longer showed then may be absent. @defaultValue `visibleAt` */
  stillAt?: number
  /**
   * Records that earlier syncs delivered. They count as delivered, and this log's records are added. @defaultValue
   * nothing
   */
  ledger?: DeliveryLedger
  /**
   * Unix seconds, for all streams or by stream: records with a lower `updated_at` must not be in the log. For a child
   * record, the parent's time counts.
   *
   * @defaultValue none
   */
  lowerBound?: number | Record<string, number>
  /** Streams that must be complete. @defaultValue the log's streams; if it has none, all streams of the truth */
  expectStreams?: string[]
}

/** One of so many RECORDs is validated against the whole schema; the others by hand. */
const sampled = 500

/**
 * Judges a message log as Airbyte would, and by the truth. Memory is bounded by the hashes of the records.
 *
 * @param truth every record version there ever was; without it only the messages themselves are judged
 */
export async function checkMessages(
  source: NdjsonSource,
  truth: AsyncIterable<TruthLine> | Iterable<TruthLine> | undefined,
  options: CheckOptions = {},
): Promise<Report> {
  const faults = new FaultList()
  const index = truth === undefined ? undefined : await indexTruth(truth)
  const { visibleAt = Number.POSITIVE_INFINITY, lowerBound = Number.NEGATIVE_INFINITY, stillAt, ledger } = options
  const shownAt = (stream: string): number =>
    typeof visibleAt === 'number' ? visibleAt : (visibleAt[stream] ?? Number.POSITIVE_INFINITY)
  const bound = (stream: string): number => {
    if (!rulesOf(stream).isIncremental) return Number.NEGATIVE_INFINITY
    return typeof lowerBound === 'number' ? lowerBound : (lowerBound[stream] ?? Number.NEGATIVE_INFINITY)
  }
  const order = new OrderCheck(faults)
  const delivery = new DeliveryCheck(faults, index, { visibleAt: shownAt, stillAt, lowerBound: bound, ledger })

  let lines = 0
  for await (const batch of readLines(source)) {
    for (const { bytes, ended } of batch) {
      // A blank line is a heartbeat: it keeps the connection alive and does not count.
      if (ended && bytes.length === 0) continue
      lines++
      if (ended) checkLine(bytes, lines, faults, order, delivery)
      else faults.add('cut_line', null, `line ${lines} has no line feed at its end`)
    }
  }
  order.finish()

  const streams: Record<string, StreamReport> = {}
  for (const [stream, { records, states }] of order.streams) {
    const repeated = delivery.repeated(stream)
    streams[stream] = { records, states, repeated, setHash: delivery.deliveredHash(stream) }
  }
  const spokenOf = Object.keys(streams).filter((stream) => index?.streamNames.includes(stream))
  const expected = spokenOf.length > 0 ? spokenOf : (index?.streamNames ?? [])
  for (const stream of options.expectStreams ?? expected) {
    const report = streams[stream]
    if (report === undefined) faults.add('stream_missing', stream, 'no message speaks of it')
    else if (index !== undefined) report.truthHash = delivery.finish(stream)
  }
  if (ledger !== undefined) delivery.addTo(ledger)
  return { ok: faults.groups.length === 0, lines, faults: faults.groups, streams }
}

function checkLine(bytes: Buffer, line: number, faults: FaultList, order: OrderCheck, delivery: DeliveryCheck): void {
  const { message, fault } = parseLine(bytes, line)
  if (fault !== undefined) faults.add('invalid_line', null, `line ${line}: ${fault}`)
  if (message === undefined) return
  if (isRecordMessage(message)) checkRecord(bytes, message.record, line, order, delivery)
  else checkOther(bytes, message as OtherMessage, line, order)
}

/** The message of a line, if it can be judged further, and the line's fault, if any. */
function parseLine(bytes: Buffer, line: number): { message?: unknown; fault?: string } {
  if (!isUtf8(bytes)) return { fault: 'not UTF-8' }
  const text = bytes.toString()
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return { fault: `not JSON: ${text.slice(0, 80)}` }
  }
  const isTrusted = isRecordMessage(message) && line % sampled !== 0
  const fault = isTrusted ? undefined : protocolFault(message)
  if (fault !== undefined) return { fault }
  // Readers in Python refuse the whole line because of one lone surrogate.
  const isBroken = /\\u[dD][89a-fA-F]/.test(text) && withoutLoneSurrogates(text) !== text
  return isBroken ? { message, fault: 'a lone surrogate' } : { message }
}

function checkRecord(
  bytes: Buffer,
  record: { stream: string; data: Record<string, unknown>; emitted_at: number },
  line: number,
  order: OrderCheck,
  delivery: DeliveryCheck,
): void {
  order.record(record.stream, record.emitted_at, line)
  const rules = rulesOf(record.stream)
  if (record.data._ab_cdc_deleted_at !== undefined) {
    delivery.tombstone(record.stream, rules.key(record.data), line)
    return
  }
  const { text, added } = withoutAddedMembers(bytes)
  delivery.record({ stream: record.stream, id: rules.key(record.data), added, line }, comparableHash(text, rules))
}

/** Messages that the schema has found valid. */
interface OtherMessage {
  state?: { stream?: { stream_descriptor: { name: string }; stream_state?: unknown } }
  trace?: {
    emitted_at: number
    stream_status?: { stream_descriptor: { name: string }; status: string }
  }
}

function checkOther(bytes: Buffer, { state, trace }: OtherMessage, line: number, order: OrderCheck): void {
  if (state?.stream !== undefined) {
    const span = findSpan(bytes, 'state', 'sourceStats', 'recordCount')
    const countText = span && bytes.toString('latin1', span.start, span.end)
    const isNull = state.stream.stream_state === undefined || state.stream.stream_state === null
    order.state(state.stream.stream_descriptor.name, isNull, countText, line)
  }
  if (trace?.stream_status !== undefined) {
    const { stream_descriptor: descriptor, status } = trace.stream_status
    order.status(descriptor.name, status, trace.emitted_at, line)
  } else if (trace !== undefined) order.emitted(trace.emitted_at, line)
}
