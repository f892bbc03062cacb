import { pick } from '../random.ts'
import type { Collection } from '../records/collection.ts'
import type { InactiveStatus } from '../records/deletion-records.ts'
import type { InactiveContacts } from './inactive-contacts.ts'
import { notBefore, ordinaryChanges, type RecordChange, type RecordChanges, secondOf } from './mutations.ts'

/** A merged contact leads to the one that it became part of over at most so many other contacts. */
const mostHops = 3

/** The contacts of the workspace, and what the merged ones have become. */
export class Contacts {
  readonly #collection: Collection
  readonly inactive: InactiveContacts
  readonly #mergedInto = new Map<string, string>()

  constructor(collection: Collection, inactive: InactiveContacts) {
    this.#collection = collection
    this.inactive = inactive
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
      // It may have become another version meanwhile, as the one that others were merged into.
      const left = this.inactive.leave(merged, notBefore(merged, time), 'merged', target.plan.id)
      return [left, collection.update(target, secondOf(time), visibleFrom)]
    }
    /** Only `purge` concerns contacts that are out of sight already. */
    const leave =
      (status: InactiveStatus): RecordChange =>
      (version, time) => {
        const before = this.inactive.statusOf(version.plan.id)
        if (before !== undefined && status !== 'permanently_deleted' && before !== 'archived') return undefined
        if (before === 'merged' || before === status) return undefined
        return this.inactive.leave(version, time, status)
      }
    return {
      ...ordinaryChanges(collection),
      delete: leave('pending_deletion'),
      archive: leave('archived'),
      block: leave('blocked'),
      purge: leave('permanently_deleted'),
      unarchive: (version, time) => this.inactive.comeBack(version, time),
      merge,
      inactive: () => this.inactive.versions(),
    }
  }
}
