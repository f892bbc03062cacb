import type { Span } from './json-text.ts'

/** Where the values of a record's members are, by name. When a key is repeated, the last one counts, as in `JSON.parse`. */
export interface Members {
  get(name: string): Span | undefined
  has(name: string): boolean
  /** Whether the value is `true`, or holds one anywhere. */
  holdsTrue(name: string): boolean
}

/** A part of a list of numbers instead of a map of objects, because there is one for each record. */
export class MemberSpans implements Members {
  readonly #names: readonly string[]
  /** Start and end of each name's value, from `#from` on; no value ends at 0. Records of one answer share the list. */
  readonly #places: number[]
  readonly #from: number
  /** Bit by bit, the places of the names whose values hold a `true`. */
  #holdTrue = 0

  /**
   * @param names that may be set, by their place; 32 at most
   * @param places gets their spans at its end @defaultValue a list of its own
   */
  constructor(names: readonly string[], places: number[] = []) {
    this.#names = names
    this.#places = places
    this.#from = places.length
    for (let place = 0; place < names.length; place++) places.push(0, 0)
  }

  set(place: number, start: number, end: number, holdsTrue: boolean): void {
    const at = this.#from + 2 * place
    this.#places[at] = start
    this.#places[at + 1] = end
    if (holdsTrue) this.#holdTrue |= 1 << place
    else this.#holdTrue &= ~(1 << place)
  }

  get(name: string): Span | undefined {
    const place = this.#names.indexOf(name)
    if (place === -1) return undefined
    const at = this.#from + 2 * place
    const [start, end] = [this.#places[at], this.#places[at + 1]]
    return start === undefined || end === undefined || end === 0 ? undefined : { start, end }
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  holdsTrue(name: string): boolean {
    const place = this.#names.indexOf(name)
    return place !== -1 && (this.#holdTrue & (1 << place)) !== 0
  }
}
