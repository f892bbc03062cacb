/** What goes wrong with a request. Everything left out stays as it would be. */
export interface Fault {
  /** Which requests; a `path` without query string, ids in it or `:id` for any. @defaultValue every request */
  match?: {
    method?: string
    path?: string
    /** Only those that name a cursor. */
    paged?: true
    /** Only searches that ask for pages of so many records; a count asks for one. */
    perPage?: number
  }
  /** How many matching requests pass unharmed before. @defaultValue 0 */
  skip?: number
  /** How many matching requests it is applied to. @defaultValue 1 */
  repeat?: number
  /** The status in place of the real one; with a fitting `error.list` unless a body is given. */
  status?: number
  /** A JSON value in place of the real body: `null`, an array, a list without `data`. */
  body?: unknown
  /** The exact text in place of the real body; `''` for an empty one. */
  text?: string
  /** The same, served as `text/html`. */
  html?: string
  /** Added to the headers, e.g. `Retry-After`. */
  headers?: Record<string, string>
  /** Somebody else answers in Intercom's place: with none of its headers. */
  foreign?: true
  /** The real body ends after so many bytes; the framing says that this was all. */
  truncate?: number
  /**
   * Where the page's cursor leads: to the same page again, back to the page before, or to the same page again by a
   * cursor that is new every time, so that pages never end. Pages that were asked for without a cursor stay as they are.
   */
  cursor?: 'same' | 'previous' | 'endless'
  /** The page of a search, or of the activity log, names no next one although there is more. */
  endsEarly?: true
  /** So many records at the end of such a page are left out, though the next one goes on behind them. */
  lacks?: number
  /** The member of the first record on a search's page that is `null` this once, e.g. `ticket_parts`. */
  nulls?: string
  /** The scroll of companies has come to its end with this answer, an empty page, although companies are left. */
  endsScroll?: true
  /** Where a delay or a gate acts: before any byte, or after half of the body. @defaultValue 'before-headers' */
  at?: 'before-headers' | 'mid-body'
  /** Ms to wait, by the simulator's clock. */
  delayMs?: number
  /** What to wait for: a promise, or the name of a gate that `faults.open(name)` opens. */
  holdUntil?: Promise<unknown> | string
  /**
   * The endpoint has done its work all the same, and a scroll has moved on: only the answer is lost.
   *
   * @defaultValue as if never asked
   */
  fulfilled?: true
  /** The open scroll of companies is lost with it: the client must start a new one. */
  losesScroll?: boolean
  /** The socket is cut: before any byte, or after half of the body. */
  reset?: 'before-headers' | 'mid-body'
}

/** What stands between a client and Intercom now and then, and wants to see a person. */
export const captcha: Fault = {
  status: 405,
  html: '<!DOCTYPE html><html><head><title>Human Verification</title></head><body><div id="captcha"></div></body></html>',
}

/** What Intercom answers when the scroll of companies breaks on its side. */
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

/** The code and message of a status that a fault sets without a body. @param perWindow what a 429 names as the limit */
export function reasonOf(status: number, perWindow: number): [code: string, message: string] {
  if (status === 429) return ['rate_limit_exceeded', `Exceeded rate limit of ${perWindow} in 10_seconds`]
  return reasons[status] ?? ['client_error', 'Something is wrong with this request']
}
