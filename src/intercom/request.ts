/** A request to Intercom. Paths are ours and never come from an answer, so no answer can lead us to another host. */
export interface IntercomRequest {
  method: 'GET' | 'POST'
  /** From the root, e.g. `/contacts/search`. */
  path: string
  query?: Record<string, string>
  body?: object
  /** In place of a body: the fields of a form. */
  form?: Record<string, string>
  /** `Intercom-Version` to send. */
  version: string
  /** Tries before giving up; a 429 uses up none. @defaultValue 5 */
  tries?: number
  /** Shows only what the token may do: no data comes of it, and a refusal is believed at once. @defaultValue false */
  isProbe?: true
  /** Sent before all others that wait for the rate limit. @defaultValue false */
  isUrgent?: boolean
  /** Requests with the same name take turns with those of other names. @defaultValue '' */
  turn?: string
}
