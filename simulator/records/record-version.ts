import { isAtLeast } from '../serving/api-version.ts'
import { type KnownTexts, knownTexts } from './known-texts.ts'
import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'

const oldestShape = '2.0'

/** The part of a definition that a single record needs. */
type Rendering<Plan extends RecordPlan> = Pick<
  RecordDefinition<Plan>,
  'stream' | 'render' | 'shapes' | 'renderExtra' | 'isListed' | 'isOptional'
>

/** One state of one record, from the moment the search shows it until the next state replaces it. */
export class RecordVersion<Plan extends RecordPlan = RecordPlan> {
  readonly plan: Plan
  /** Ms since the epoch; 0 for versions that were there from the start. */
  readonly visibleFrom: number
  /** Ms since the epoch; `null` while nothing has replaced it. */
  visibleUntil: number | null = null
  /** When the version was made, whatever the search shows, ms since the epoch; `null` for versions from the start. */
  begunAt: number | null = null
  /** When another version replaced it or the record was deleted, ms since the epoch. The search may show it longer. */
  endedAt: number | null = null
  /** The version before, if only something that Intercom does not count as a change distinguishes the two. */
  alike: RecordVersion<Plan> | undefined
  /** It came back with the time that it had, which increments have passed: a destination may keep what it has. */
  isUnseen = false
  readonly #definition: Rendering<Plan>
  readonly #setting: RecordSetting
  #known: KnownTexts | undefined

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

  /** The text as an API version serves it; rendered at first use and kept, so that a page is assembled by copying. */
  textIn(version: string): Buffer {
    const { shapes = [] } = this.#definition
    const shape = shapes.findLast((other) => isAtLeast(version, other)) ?? oldestShape
    const { texts } = this.#made()
    let text = texts.get(shape)
    if (text === undefined) {
      text = Buffer.from(this.#definition.render(this.plan, this.#setting, shape))
      texts.set(shape, text)
    }
    return text
  }

  /** The text with the member that is given only on request; the plain text when there is no such member. */
  extendedTextIn(version: string): Buffer {
    const text = this.textIn(version)
    const extra = this.#definition.renderExtra?.(this.plan, this.#setting)
    return extra === undefined ? text : Buffer.concat([text.subarray(0, -1), Buffer.from(`,${extra}}`)])
  }

  /** Whether lists and searches show the record. */
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
    const { digests } = this.#made()
    let digest = digests.get(name)
    if (digest === undefined) {
      digest = compute()
      digests.set(name, digest)
    }
    return digest
  }

  #made(): KnownTexts {
    this.#known ??= knownTexts(this.#definition, this.#setting, this.plan)
    return this.#known
  }

  /** A member by its dotted path, `null` when there is none. Parses the text: for searches by anything except times. */
  member(path: string): unknown {
    let value: unknown = JSON.parse(this.text.toString())
    for (const name of path.split('.')) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null
      value = (value as Record<string, unknown>)[name]
    }
    return value
  }
}
