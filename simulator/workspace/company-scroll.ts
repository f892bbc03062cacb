import type { RecordVersion } from '../records/record-version.ts'
import { RefusedRequest } from '../serving/answer.ts'

const idleLimitMs = 60_000

/** One page of the scroll. */
export interface ScrollPage {
  versions: readonly RecordVersion[]
  /** Stays the same on every page. */
  param: string
}

interface OpenScroll {
  param: string
  versions: readonly RecordVersion[]
  place: number
  pages: number
  usedAt: number
}

/** The one scroll that a workspace can have open. Times are ms since the epoch. */
export class CompanyScroll {
  readonly #pageSize: number
  readonly #seed: number
  readonly #emptyPage: number
  #heldUntil: number
  #opened = 0
  #endsNext = false
  #open: OpenScroll | undefined

  constructor(options: {
    scrollPageSize: number
    emptyScrollPage: number
    foreignScrollUntil: number
    seed: number
  }) {
    this.#pageSize = options.scrollPageSize
    this.#emptyPage = options.emptyScrollPage
    this.#heldUntil = options.foreignScrollUntil
    this.#seed = options.seed
  }

  /** Somebody else opens a scroll and holds it until this time. */
  holdUntil(time: number): void {
    this.#heldUntil = time
  }

  /** Loses the open scroll: its parameter is no longer found, and another scroll can be opened. */
  lose(): void {
    this.#open = undefined
  }

  /** Makes the next answer an empty page and ends the scroll: Intercom skips the rest. */
  end(): void {
    this.#endsNext = true
  }

  /** @throws RefusedRequest 400 while another scroll is open */
  open(versions: readonly RecordVersion[], now: number): ScrollPage {
    this.#expire(now)
    if (this.#open !== undefined || now < this.#heldUntil) {
      throw new RefusedRequest(400, 'scroll_exists', 'scroll already exists for this workspace')
    }
    const count = (++this.#opened).toString(16).padStart(12, '0')
    const param = `${this.#seed.toString(16).padStart(8, '0').slice(-8)}-5c20-4011-8000-${count}`
    this.#open = { param, versions, place: 0, pages: 0, usedAt: now }
    return this.#page(this.#open, now)
  }

  /**
   * The next page. An empty page is the end, except for the one set by `emptyScrollPage`.
   *
   * @throws RefusedRequest 404 after a minute of silence, and after the end
   */
  next(param: string, now: number): ScrollPage {
    this.#expire(now)
    if (this.#open?.param !== param) throw new RefusedRequest(404, 'not_found', 'scroll parameter not found')
    return this.#page(this.#open, now)
  }

  #page(scroll: OpenScroll, now: number): ScrollPage {
    scroll.usedAt = now
    if (this.#endsNext) {
      this.#endsNext = false
      this.#open = undefined
      return { versions: [], param: scroll.param }
    }
    if (++scroll.pages === this.#emptyPage) return { versions: [], param: scroll.param }
    const versions = scroll.versions.slice(scroll.place, scroll.place + this.#pageSize)
    scroll.place += versions.length
    if (versions.length === 0) this.#open = undefined
    return { versions, param: scroll.param }
  }

  #expire(now: number): void {
    if (this.#open !== undefined && now - this.#open.usedAt > idleLimitMs) this.#open = undefined
  }
}
