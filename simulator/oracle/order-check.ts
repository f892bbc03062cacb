import type { FaultList } from './report.ts'

interface StreamOrder {
  /** `none` before STARTED. */
  phase: 'none' | 'started' | 'running' | 'ended'
  recordsSinceState: number
  records: number
  states: number
  hasState: boolean
}

const finalStatuses = ['COMPLETE', 'INCOMPLETE']

/** Watches the order of messages, per stream and in the log as a whole. */
export class OrderCheck {
  readonly #faults: FaultList
  readonly #streams = new Map<string, StreamOrder>()
  #lastEmittedAt = Number.NEGATIVE_INFINITY

  constructor(faults: FaultList) {
    this.#faults = faults
  }

  get streams(): ReadonlyMap<string, Readonly<StreamOrder>> {
    return this.#streams
  }

  record(stream: string, emittedAt: number, line: number): void {
    const order = this.#stream(stream)
    this.#emitted(stream, emittedAt, line)
    this.#inside(stream, order, 'RECORD', line)
    order.records++
    order.recordsSinceState++
  }

  /** @param countText the text of `sourceStats.recordCount`, if it is there */
  state(stream: string, isNull: boolean, countText: string | undefined, line: number): void {
    const order = this.#stream(stream)
    this.#inside(stream, order, 'STATE', line)
    if (countText === undefined || Number(countText) !== order.recordsSinceState) {
      const told = countText ?? 'nothing'
      this.#faults.add('record_count', stream, `line ${line}: says ${told}, came ${order.recordsSinceState}`)
    }
    if (countText !== undefined && !/^\d+\.\d+$/.test(countText)) {
      this.#faults.add('decimal_point', stream, `line ${line}: recordCount is written ${countText}`)
    }
    order.states++
    order.recordsSinceState = 0
    if (!isNull) order.hasState = true
  }

  status(stream: string, status: string, emittedAt: number, line: number): void {
    const order = this.#stream(stream)
    this.#emitted(stream, emittedAt, line)
    const isFinal = finalStatuses.includes(status)
    const fits =
      status === 'STARTED'
        ? order.phase === 'none'
        : order.phase === 'running' || (order.phase === 'started' && status !== 'COMPLETE')
    if (!fits) this.#faults.add('status_order', stream, `line ${line}: ${status} while ${order.phase}`)
    if (status === 'COMPLETE') this.#completed(stream, order, line)
    if (order.phase !== 'ended') order.phase = isFinal ? 'ended' : status === 'STARTED' ? 'started' : 'running'
  }

  /** For messages without a stream. */
  emitted(emittedAt: number, line: number): void {
    this.#emitted(null, emittedAt, line)
  }

  /** After the last line: every stream that appeared must have ended. */
  finish(): void {
    for (const [stream, { phase }] of this.#streams) {
      if (phase === 'ended') continue
      this.#faults.add('status_order', stream, `the log ends while ${phase}, without COMPLETE or INCOMPLETE`)
    }
  }

  #completed(stream: string, order: StreamOrder, line: number): void {
    if (!order.hasState) this.#faults.add('state_missing', stream, `line ${line}: COMPLETE before any STATE`)
    else if (order.recordsSinceState > 0) {
      this.#faults.add(
        'uncovered_records',
        stream,
        `line ${line}: ${order.recordsSinceState} RECORDs after the last STATE`,
      )
    }
  }

  #inside(stream: string, { phase }: StreamOrder, type: string, line: number): void {
    if (phase === 'started' || phase === 'running') return
    const when = phase === 'none' ? 'before STARTED' : 'after the final status'
    this.#faults.add('outside_sync', stream, `line ${line}: ${type} ${when}`)
  }

  #emitted(stream: string | null, emittedAt: number, line: number): void {
    if (emittedAt < this.#lastEmittedAt) {
      this.#faults.add('time_backwards', stream, `line ${line}: ${emittedAt} after ${this.#lastEmittedAt}`)
    } else this.#lastEmittedAt = emittedAt
  }

  #stream(name: string): StreamOrder {
    let order = this.#streams.get(name)
    if (order === undefined) {
      order = { phase: 'none', recordsSinceState: 0, records: 0, states: 0, hasState: false }
      this.#streams.set(name, order)
    }
    return order
  }
}
