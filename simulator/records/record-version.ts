import { isAtLeast } from '../api-version.ts'
import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'

const oldestShape = '2.0'

/** The part of a definition that a single record needs. */
type Rendering<Plan extends RecordPlan> = Pick<
  RecordDefinition<Plan>,
  'stream' | 'render' | 'shapes' | 'renderExtra' | 'isListed' | 'isOptional'
>

/** One state of one record, from the moment search shows it until the next one takes its place. */
export class RecordVersion<Plan extends RecordPlan = RecordPlan> {
  readonly plan: Plan
  /** Ms since the epoch; 0 for what was there from the start. */
  readonly visibleFrom: number
  /** Ms since the epoch; `null` while nothing has taken its place. */
  visibleUntil: number | null = null
  /** Ms since the epoch: when it came to be, whatever search shows; `null` for what was there from the start. */
  begunAt: number | null = null
  /** Ms since the epoch: when another took its place or it was deleted. Search may show it longer than that. */
  endedAt: number | null = null
  /** The version before, where only what is no change to Intercom tells the two apart. */
  alike: RecordVersion<Plan> | undefined
  readonly #definition: Rendering<Plan>
  readonly #setting: RecordSetting
  #texts: { shape: string; text: Buffer }[] = []
  #digests: { name: string; digest: string }[] = []

  constructor(definition: Rendering<Plan>, plan: Plan, visibleFrom: number, setting: RecordSetting) {
    this.#definition = definition
    this.plan = plan
    this.visibleFrom = visibleFrom
    this.#setting = setting
  }

  get stream(): string {
    return this.#definition.stream
  }

  /** The text as the newest version serves it. */
  get text(): Buffer {
    return this.textIn('2.99')
  }

  /** The text as a version serves it; rendered at first use and kept, so that a page is put together by copying. */
  textIn(version: string): Buffer {
    const { shapes = [] } = this.#definition
    const shape = shapes.findLast((other) => isAtLeast(version, other)) ?? oldestShape
    let known = this.#texts.find((other) => other.shape === shape)
    if (known === undefined) {
      known = { shape, text: Buffer.from(this.#definition.render(this.plan, this.#setting, shape)) }
      this.#texts.push(known)
    }
    return known.text
  }

  /** The text with the member that comes only when asked for; the plain text where there is none. */
  extendedTextIn(version: string): Buffer {
    const text = this.textIn(version)
    const extra = this.#definition.renderExtra?.(this.plan, this.#setting)
    return extra === undefined ? text : Buffer.concat([text.subarray(0, -1), Buffer.from(`,${extra}}`)])
  }

  /** Whether lists and searches show it. */
  get isListed(): boolean {
    return this.#definition.isListed?.(this.plan) ?? true
  }

  /** Whether only some requests show it. */
  get isOptional(): boolean {
    return this.#definition.isOptional?.(this.plan) ?? false
  }

  get hasExtra(): boolean {
    return this.#definition.renderExtra !== undefined
  }

  /** A digest of the text, computed once for each name. */
  digest(name: string, compute: () => string): string {
    let known = this.#digests.find((other) => other.name === name)
    if (known === undefined) {
      known = { name, digest: compute() }
      this.#digests.push(known)
    }
    return known.digest
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
