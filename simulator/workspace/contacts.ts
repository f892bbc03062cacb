import { pick } from '../random.ts'
import type { Collection } from '../records/collection.ts'
import { notBefore, ordinaryChanges, type RecordChange, type RecordChanges, secondOf } from './mutations.ts'

/** A merged contact leads to the one that it became part of over at most so many other contacts. */
const mostHops = 3

/** The contacts of the workspace, and what the merged ones have become. */
export class Contacts {
  readonly #collection: Collection
  readonly #mergedInto = new Map<string, string>()

  constructor(collection: Collection) {
    this.#collection = collection
  }

  /** The contact that a merged one has become; `undefined` for contacts that were not merged. */
  mergedInto(id: string): string | undefined {
    let target = this.#mergedInto.get(id)
    for (let hop = 1; hop < mostHops && target !== undefined; hop++) target = this.#mergedInto.get(target) ?? target
    return target
  }

  get changes(): RecordChanges {
    const collection = this.#collection
    /** One contact disappears from lists and searches without a trace, and the other one changes. */
    const merge: RecordChange = ({ plan: { id } }, time, { into }, random) => {
      const merged = collection.find(id)
      const others = collection
        .latest()
        .filter((other) => other.plan.id !== id && (into ?? other.plan.id) === other.plan.id)
      if (merged === undefined || others.length === 0) return undefined
      const target = pick(random, others)
      this.#mergedInto.set(id, target.plan.id)
      const { visibleFrom } = notBefore(target, time)
      return [collection.delete(merged, time.visibleFrom), collection.update(target, secondOf(time), visibleFrom)]
    }
    return { ...ordinaryChanges(collection), merge }
  }
}
