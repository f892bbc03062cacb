import type { SimulatorOptions } from '../options.ts'
import { pick } from '../random.ts'
import type { Collection } from '../records/collection.ts'
import { firstDeletion } from '../records/company-record.ts'
import type { RecordPlan } from '../records/record-definition.ts'
import { CompanyScroll } from './company-scroll.ts'
import { ordinaryChanges, type RecordChange, type RecordChanges, secondOf } from './mutations.ts'

/** The companies of the workspace: their segments, their scroll, and which of them are deleted. */
export class Companies {
  readonly scroll: CompanyScroll
  readonly #collection: Collection
  readonly #segments: Collection
  /** Number of companies at the start; some of these are deleted from the start. */
  readonly #firstCount: number
  /** Ms since the epoch. */
  readonly #deletedAt = new Map<string, number>()

  constructor(collection: Collection, segments: Collection, options: Required<SimulatorOptions>) {
    this.#collection = collection
    this.#segments = segments
    this.#firstCount = options.deletedCompanies ? options.companies : 0
    this.scroll = new CompanyScroll(options)
  }

  /**
   * How the resources below a company answer once it is deleted; lists and scroll still show the company, without a
   * sign.
   */
  deletion({ id, index }: RecordPlan): 'json' | 'html' | undefined {
    if (this.#deletedAt.has(id)) return 'json'
    return index < this.#firstCount ? firstDeletion(index) : undefined
  }

  /** Ms since the epoch, 0 for companies deleted from the start; `undefined` for companies that exist. */
  deletedAt(plan: RecordPlan): number | undefined {
    return this.#deletedAt.get(plan.id) ?? (this.deletion(plan) === undefined ? undefined : 0)
  }

  get changes(): RecordChanges {
    const collection = this.#collection
    const remove: RecordChange = (version, { now, visibleFrom }) => {
      if (this.deletion(version.plan) === undefined) this.#deletedAt.set(version.plan.id, now)
      return { changed: version, visibleFrom }
    }
    const join: RecordChange = (version, time, { segment }, random) => {
      const { segments = [] } = version.plan
      const others = this.#segments.latest().map(({ plan }) => plan.id)
      const possible = others.filter((id) => !segments.includes(id) && (segment ?? id) === id)
      if (possible.length === 0) return undefined
      const joined = { segments: [...segments, pick(random, possible)] }
      return collection.update(version, secondOf(time), time.visibleFrom, joined)
    }
    const leave: RecordChange = (version, time, { segment }, random) => {
      const { segments = [] } = version.plan
      const possible = segments.filter((id) => (segment ?? id) === id)
      if (possible.length === 0) return undefined
      const left = pick(random, possible)
      return collection.update(version, secondOf(time), time.visibleFrom, {
        segments: segments.filter((id) => id !== left),
      })
    }
    const visit: RecordChange = (version, time) =>
      collection.retouch(version, time.visibleFrom, { lastRequestAt: secondOf(time) })
    return { ...ordinaryChanges(collection), delete: remove, join, leave, visit }
  }
}
