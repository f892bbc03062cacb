/** What an answer comes to, once it is known whose it is. */
export type AnswerClass =
  /** The request is fulfilled. */
  | 'fulfilled'
  /** Intercom's rate limit: wait for the next window. */
  | 'rate_limited'
  /** It may pass: ask again. */
  | 'retry'
  /** The token, or a permission of it. */
  | 'unauthorized'
  /** What was asked for is gone. */
  | 'gone'
  /** Intercom will not fulfil this request however often it is asked. */
  | 'refused'
  /** Somebody else has answered: ask again. */
  | 'foreign'

interface StatusClass {
  /** For `docs/errors.md`. */
  statuses: string
  includes(status: number): boolean
  /** What it means when Intercom itself answers so; the answer of anybody else is `foreign`. */
  intercoms: AnswerClass
}

const oneOf =
  (...statuses: number[]) =>
  (status: number) =>
    statuses.includes(status)
const between = (from: number, to: number) => (status: number) => status >= from && status < to

/** Every status, by the first class that it falls into. A class, never a list of what has been seen: lists have holes. */
export const statusClasses: readonly StatusClass[] = [
  { statuses: '2xx', includes: between(200, 300), intercoms: 'fulfilled' },
  // Intercom's API redirects none of the requests that we make.
  { statuses: '1xx, 3xx', includes: between(0, 400), intercoms: 'foreign' },
  { statuses: '401, 403', includes: oneOf(401, 403), intercoms: 'unauthorized' },
  { statuses: '404, 410', includes: oneOf(404, 410), intercoms: 'gone' },
  // A proxy wants to know who asks: Intercom has no proxy of ours.
  { statuses: '407', includes: oneOf(407), intercoms: 'foreign' },
  { statuses: '408, 409, 423, 425', includes: oneOf(408, 409, 423, 425), intercoms: 'retry' },
  { statuses: '429', includes: oneOf(429), intercoms: 'rate_limited' },
  { statuses: 'every other 4xx', includes: between(400, 500), intercoms: 'refused' },
  { statuses: '5xx and above', includes: () => true, intercoms: 'retry' },
]

/** What a status means in Intercom's own words. */
export function classOf(status: number): AnswerClass {
  return statusClasses.find(({ includes }) => includes(status))?.intercoms ?? 'retry'
}
