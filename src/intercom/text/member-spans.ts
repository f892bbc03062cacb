import type { Span } from './json-text.ts'

/** Where the values of a record's members are, by name. When a key is repeated, the last one counts, as in `JSON.parse`. */
export interface Members {
  get(name: string): Span | undefined
  has(name: string): boolean
  /** Whether the value is `true`, or holds one anywhere. */
  holdsTrue(name: string): boolean
}

/** A list of numbers instead of a map of objects, because there is one for each record. */
export class MemberSpans implements Members {
  readonly #names: readonly string[]
  /** Start and end of each name's value; no value ends at 0. */
  readonly #places: number[]
  /** Bit by bit, the places of the names whose values hold a `true`. */
  #holdTrue = 0

  /** @param names that may be set, by their place; 32 at most */
  constructor(names: readonly string[]) {
    this.#names = names
    this.#places = new Array<number>(2 * names.length).fill(0)
  }

  set(place: number, start: number, end: number, holdsTrue: boolean): void {
    this.#places[2 * place] = start
    this.#places[2 * place + 1] = end
    if (holdsTrue) this.#holdTrue |= 1 << place
    else this.#holdTrue &= ~(1 << place)
  }

  get(name: string): Span | undefined {
    const place = this.#names.indexOf(name)
    const [start, end] = [this.#places[2 * place], this.#places[2 * place + 1]]
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
