import type { RecordVersion } from '../records/record-version.ts'
import { compareKeys, type SortKey, type SortValue, sortKey } from './sort-key.ts'

/** Record versions in ascending order of one field, kept in order as records change. */
export class SortedList {
  readonly field: string
  readonly versions: RecordVersion[]
  /** The keys of `versions`, in the same order, so that sorting never reads a record's text twice. */
  readonly #keys: SortKey[]

  constructor(field: string, versions: Iterable<RecordVersion>, alreadySorted = false) {
    this.field = field
    const entries = Array.from(versions, (version) => ({ version, key: sortKey(version, field) }))
    if (!alreadySorted) entries.sort((left, right) => compareKeys(left.key, right.key))
    this.versions = entries.map((entry) => entry.version)
    this.#keys = entries.map((entry) => entry.key)
  }

  keyAt(place: number): SortKey | undefined {
    return this.#keys[place]
  }

  /** The first place whose key is not below `key`. */
  lowerBound(key: SortKey): number {
    return this.#search((other) => compareKeys(other, key) >= 0)
  }

  /** The first place whose key is above `key`. */
  upperBound(key: SortKey): number {
    return this.#search((other) => compareKeys(other, key) > 0)
  }

  /** The first place whose value is not below `value`, with any id. */
  valueBound(value: SortValue): number {
    return this.lowerBound({ value, id: '' })
  }

  insert(version: RecordVersion): void {
    const key = sortKey(version, this.field)
    const place = this.upperBound(key)
    this.versions.splice(place, 0, version)
    this.#keys.splice(place, 0, key)
  }

  remove(version: RecordVersion): void {
    const place = this.lowerBound(sortKey(version, this.field))
    if (this.versions[place] !== version) return
    this.versions.splice(place, 1)
    this.#keys.splice(place, 1)
  }

  #search(reached: (key: SortKey) => boolean): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const key = this.#keys[middle]
      if (key !== undefined && reached(key)) high = middle
      else low = middle + 1
    }
    return low
  }
}
