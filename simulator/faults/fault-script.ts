import type { Fault } from './fault.ts'
import type { Trap } from './trap.ts'

interface Entry {
  fault: Fault
  skip: number
  repeat: number
  isMet: boolean
}

interface Gate {
  opened: Promise<void>
  open: () => void
}

function createGate(): Gate {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** Faults still to come. Each admitted request (token, rate limit) meets the first fault that matches it, if any. */
export class FaultScript {
  readonly #entries: Entry[] = []
  readonly #gates = new Map<string, Gate>()
  /** The traps that are set now; requests do not use them up. */
  traps: readonly Trap[]
  /** The traps that were set from the beginning. */
  readonly firstTraps: readonly Trap[]

  constructor(traps: readonly Trap[] = []) {
    this.traps = traps
    this.firstTraps = traps
  }

  /** Appends faults to the script. */
  next(faults: readonly Fault[]): void {
    for (const fault of faults)
      this.#entries.push({ fault, skip: fault.skip ?? 0, repeat: fault.repeat ?? 1, isMet: false })
  }

  /** How many faults have not been met yet. */
  get remaining(): number {
    return this.#entries.length
  }

  /** The faults that no request has met, not even once. */
  get unmet(): readonly Fault[] {
    return this.#entries.filter(({ isMet }) => !isMet).map(({ fault }) => fault)
  }

  /** Drops the rest of the script. */
  clear(): void {
    this.#entries.length = 0
  }

  /** Releases the requests that a fault holds by this name, now and later. */
  open(gate: string): void {
    this.#gate(gate).open()
  }

  /** Resolves when the gate is open. */
  opened(gate: string): Promise<void> {
    return this.#gate(gate).opened
  }

  /**
   * The fault this request meets.
   *
   * @param route the path with `:id` in place of ids
   * @param page whether it names the cursor of a page, and how many records it asks for on one
   */
  take(
    method: string,
    path: string,
    route = path,
    page: { isPaged?: boolean; perPage?: unknown } = {},
  ): Fault | undefined {
    const place = this.#entries.findIndex(
      ({ fault: { match = {} } }) =>
        (match.method ?? method) === method &&
        [path, route].includes(match.path ?? path) &&
        (match.paged === undefined || page.isPaged === true) &&
        (match.perPage === undefined || match.perPage === page.perPage),
    )
    const entry = this.#entries[place]
    if (entry === undefined) return undefined
    if (entry.skip > 0) {
      entry.skip--
      return undefined
    }
    entry.isMet = true
    entry.repeat--
    if (entry.repeat <= 0) this.#entries.splice(place, 1)
    return entry.fault
  }

  #gate(name: string): Gate {
    let gate = this.#gates.get(name)
    if (gate === undefined) {
      gate = createGate()
      this.#gates.set(name, gate)
    }
    return gate
  }
}
