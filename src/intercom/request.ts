/** A request to Intercom. Paths are ours, never taken from an answer: no host is ever followed. */
export interface IntercomRequest {
  method: 'GET' | 'POST'
  /** From the root, e.g. `/contacts/search`. */
  path: string
  query?: Record<string, string>
  body?: object
  /** `Intercom-Version` to send. */
  version: string
  /** Tries before giving up; a 429 is none. @defaultValue 5 */
  tries?: number
}
