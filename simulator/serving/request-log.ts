/** A request as it was received and answered. Tokens are not stored. */
export interface LoggedRequest {
  /** Ms since the epoch at its arrival. */
  time: number
  method: string
  path: string
  /** The path with `:id` in place of ids; the path itself when nothing is served there. */
  route: string
  /** The query string, parsed. */
  query: Readonly<Record<string, string>>
  /** The body of a search. */
  body: unknown
  /** The requested `Intercom-Version`, and the one that served the request. */
  askedVersion: string | null
  version: string
  /** 0 while unanswered; stays 0 when the connection was cut. */
  status: number
  /** Records in the answer. */
  records: number
}

/** Counts over all requests, including those no longer stored. */
export interface RequestTotals {
  requests: number
  records: number
  byStatus: Record<string, number>
  /** By route, because a walk over children would give a separate path for each child. */
  byPath: Record<string, number>
}

const kept = 100_000

/** Every request to the API, except control endpoints; the latest 100,000 in full. */
export class RequestLog {
  #entries: LoggedRequest[] = []
  readonly totals: RequestTotals = { requests: 0, records: 0, byStatus: {}, byPath: {} }

  get entries(): readonly LoggedRequest[] {
    return this.#entries
  }

  add(request: Omit<LoggedRequest, 'status' | 'records'>): LoggedRequest {
    const entry = { ...request, status: 0, records: 0 }
    if (this.#entries.length >= 2 * kept) this.#entries = this.#entries.slice(-kept)
    this.#entries.push(entry)
    const { totals } = this
    totals.requests++
    totals.byPath[entry.route] = (totals.byPath[entry.route] ?? 0) + 1
    return entry
  }

  /** The cursor that a search names. */
  cursorOf(entry: LoggedRequest): string | undefined {
    return searchOf(entry).cursor
  }

  /**
   * The cursor of a search, and the one of the latest earlier search for the same query that had a different cursor.
   */
  cursorsOf(entry: LoggedRequest): { cursor: string | undefined; previousCursor: string | undefined } {
    const search = searchOf(entry)
    const previous = this.#entries
      .map(searchOf)
      .findLast(({ query, cursor }) => query === search.query && cursor !== undefined && cursor !== search.cursor)
    return { cursor: search.cursor, previousCursor: previous?.cursor }
  }

  /** Notes how a request was answered. */
  answer(entry: LoggedRequest, status: number, records: number): void {
    entry.status = status
    entry.records = records
    const { totals } = this
    totals.records += records
    totals.byStatus[status] = (totals.byStatus[status] ?? 0) + 1
  }
}

function searchOf({ body }: LoggedRequest): { query: string; cursor: string | undefined } {
  const search = body as { query?: unknown; pagination?: { starting_after?: unknown } } | null
  const cursor = search?.pagination?.starting_after
  return { query: JSON.stringify(search?.query ?? null), cursor: typeof cursor === 'string' ? cursor : undefined }
}
