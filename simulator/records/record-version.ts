import { createHash } from 'node:crypto'
import { deliveredText } from './delivered-text.ts'
import type { RecordPlan } from './record-definition.ts'

/** One state of one record, from the moment search shows it until the next one takes its place. */
export class RecordVersion {
  readonly stream: string
  readonly plan: RecordPlan
  /** Ms since the epoch; 0 for what was there from the start. */
  readonly visibleFrom: number
  /** Ms since the epoch; `null` while nothing has taken its place. */
  visibleUntil: number | null = null
  readonly #render: () => string
  #text: Buffer | undefined
  #sha256: string | undefined

  constructor(stream: string, plan: RecordPlan, visibleFrom: number, render: () => string) {
    this.stream = stream
    this.plan = plan
    this.visibleFrom = visibleFrom
    this.#render = render
  }

  /** The text as served; rendered at first use and kept, so that a page is put together by copying. */
  get text(): Buffer {
    this.#text ??= Buffer.from(this.#render())
    return this.#text
  }

  /** Hex SHA-256 of the text as a sync must deliver it. */
  get sha256(): string {
    this.#sha256 ??= createHash('sha256').update(deliveredText(this.text.toString())).digest('hex')
    return this.#sha256
  }

  /** A member by its dotted path, `null` where there is none. Parses the text: for searches by anything but times. */
  member(path: string): unknown {
    let value: unknown = JSON.parse(this.text.toString())
    for (const name of path.split('.')) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null
      value = (value as Record<string, unknown>)[name]
    }
    return value
  }
}
