import type { Span } from './json-text.ts'

/** Where the values of a record's members are, by name. When a key is repeated, the last one counts, as in `JSON.parse`. */
export interface Members {
  get(name: string): Span | undefined
  /** Where the value begins; -1 without one. */
  startOf(name: string): number
  has(name: string): boolean
  /** Whether the value is `true`, or holds one anywhere. */
  holdsTrue(name: string): boolean
}

/** Starts and ends of what is in an answer: one list for all of its records takes less than one for each. */
export class SharedSpans {
  #numbers: Int32Array
  #length = 0

  /** @param numbers that are there, or how many it has room for until it grows */
  constructor(numbers: number | Int32Array) {
    this.#numbers = typeof numbers === 'number' ? new Int32Array(numbers) : numbers
  }

  /** Adds so many zeros. @returns the place of the first */
  add(count: number): number {
    const place = this.#length
    this.#length += count
    if (this.#length > this.#numbers.length) {
      const larger = new Int32Array(2 * this.#length)
      larger.set(this.#numbers)
      this.#numbers = larger
    }
    return place
  }

  get(place: number): number {
    return this.#numbers[place] ?? 0
  }

  set(place: number, number: number): void {
    this.#numbers[place] = number
  }
}

/** Numbers instead of a map of objects, because there is one for each record. */
export class MemberSpans implements Members {
  readonly #names: readonly string[]
  /** Start and end of each name's value, from `#from` on; no value ends at 0. */
  readonly #places: SharedSpans
  readonly #from: number
  /** Bit by bit, the places of the names whose values hold a `true`. */
  #holdTrue: number

  /**
   * @param names that may be set, by their place; 32 at most
   * @param places have the spans @defaultValue of its own
   * @param from where they are there @defaultValue they are added at its end
   * @param holdTrue bit by bit, the places of the names whose values hold a `true`
   */
  constructor(
    names: readonly string[],
    places: SharedSpans = new SharedSpans(2 * names.length),
    from = places.add(2 * names.length),
    holdTrue = 0,
  ) {
    this.#names = names
    this.#places = places
    this.#from = from
    this.#holdTrue = holdTrue
  }

  set(place: number, start: number, end: number, holdsTrue: boolean): void {
    const at = this.#from + 2 * place
    this.#places.set(at, start)
    this.#places.set(at + 1, end)
    if (holdsTrue) this.#holdTrue |= 1 << place
    else this.#holdTrue &= ~(1 << place)
  }

  get(name: string): Span | undefined {
    const place = this.#names.indexOf(name)
    if (place === -1) return undefined
    const at = this.#from + 2 * place
    const end = this.#places.get(at + 1)
    return end === 0 ? undefined : { start: this.#places.get(at), end }
  }

  startOf(name: string): number {
    const place = this.#names.indexOf(name)
    if (place === -1) return -1
    const at = this.#from + 2 * place
    return this.#places.get(at + 1) === 0 ? -1 : this.#places.get(at)
  }

  has(name: string): boolean {
    return this.startOf(name) !== -1
  }

  holdsTrue(name: string): boolean {
    const place = this.#names.indexOf(name)
    return place !== -1 && (this.#holdTrue & (1 << place)) !== 0
  }
}
