/** What goes wrong with a request. Parts that are left out stay normal. */
export interface Fault {
  /**
   * Which requests; a `path` has no query string, and contains real ids or `:id` for any. @defaultValue every request
   */
  match?: {
    method?: string
    path?: string
    /** Only requests that name a cursor. */
    paged?: true
    /** Only searches that ask for pages of this many records; a count asks for one. */
    perPage?: number
  }
  /** How many matching requests pass unharmed first. @defaultValue 0 */
  skip?: number
  /** How many matching requests meet it. @defaultValue 1 */
  repeat?: number
  /** The status that replaces the real one; with a fitting `error.list` unless a body is given. */
  status?: number
  /** A JSON value that replaces the real body: `null`, an array, a list without `data`. */
  body?: unknown
  /** The exact text that replaces the real body; `''` for an empty one. */
  text?: string
  /** The same, served as `text/html`. */
  html?: string
  /** Added to the headers, e.g. `Retry-After`. */
  headers?: Record<string, string>
  /** Somebody else answers instead of Intercom, without any of its headers. */
  foreign?: true
  /** The real body ends after so many bytes, and the framing says that this was all. */
  truncate?: number
  /**
   * Where the page's cursor leads: to the same page again, back to the page before, or to the same page with a cursor
   * that is new every time, so that pages never end. Pages requested without a cursor stay as they are.
   */
  cursor?: 'same' | 'previous' | 'endless'
  /** The page of a search, or of the activity log, names no next page although there are more records. */
  endsEarly?: true
  /** So many records at the end of such a page are left out, but the next page continues behind them. */
  lacks?: number
  /** This member of the first record on a search's page is `null` this once, e.g. `ticket_parts`. */
  nulls?: string
  /** This answer ends the scroll of companies with an empty page, although companies are left. */
  endsScroll?: true
  /** Where a delay or a gate acts: before any byte, or after half of the body. @defaultValue 'before-headers' */
  at?: 'before-headers' | 'mid-body'
  /** Ms to wait, by the simulator's clock. */
  delayMs?: number
  /** What to wait for: a promise, or the name of a gate that `faults.open(name)` opens. */
  holdUntil?: Promise<unknown> | string
  /**
   * The endpoint has still done its work, and a scroll has moved on: only the answer is lost.
   *
   * @defaultValue as if the request had never come
   */
  fulfilled?: true
  /** The open scroll of companies is lost, too: the client must start a new one. */
  losesScroll?: boolean
  /** The socket is cut: before any byte, or after half of the body. */
  reset?: 'before-headers' | 'mid-body'
}

/** Sometimes this stands between a client and Intercom, and wants to see a person. */
export const captcha: Fault = {
  status: 405,
  html: '<!DOCTYPE html><html><head><title>Human Verification</title></head><body><div id="captcha"></div></body></html>',
}

/** Intercom's answer when the scroll of companies breaks on its side. */
export const brokenScroll: Fault = {
  match: { method: 'GET', path: '/companies/scroll' },
  status: 500,
  losesScroll: true,
  body: {
    type: 'error.list',
    request_id: null,
    errors: [
      {
        code: 'server_error',
        message: 'Request failed due to an internal network error. Please restart the scroll operation.',
      },
    ],
  },
}

const reasons: Record<number, [code: string, message: string]> = {
  401: ['unauthorized', 'Access Token Invalid'],
  403: ['forbidden', 'You do not have the required scope'],
  404: ['not_found', 'Resource not found'],
  408: ['request_timeout', 'Request timed out'],
  500: ['server_error', 'Server error'],
  502: ['server_error', 'Bad gateway'],
  503: ['service_unavailable', 'Sorry, the API service is temporarily unavailable'],
  504: ['server_error', 'Gateway timeout'],
}

/** The code and message for a status that a fault sets without a body. @param perWindow the limit that a 429 names */
export function reasonOf(status: number, perWindow: number): [code: string, message: string] {
  if (status === 429) return ['rate_limit_exceeded', `Exceeded rate limit of ${perWindow} in 10_seconds`]
  return reasons[status] ?? ['client_error', 'Something is wrong with this request']
}
