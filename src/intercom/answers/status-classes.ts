import { RATE_LIMITED } from '../budget/rate-limited.ts'

/** The meaning of an answer, once it is known who gave it. */
export type AnswerClass =
  /** The request is fulfilled. */
  | 'fulfilled'
  /** Intercom's rate limit: wait for the next window. */
  | 'rate_limited'
  /** The trouble may pass: ask again. */
  | 'retry'
  /** The token, or a permission of it. */
  | 'unauthorized'
  /** The thing requested is gone. */
  | 'gone'
  /** Intercom will not fulfil this request, however often it is sent. */
  | 'refused'
  /** Somebody else has answered: ask again. */
  | 'foreign'

interface StatusClass {
  /** For `docs/errors.md`. */
  statuses: string
  includes(status: number): boolean
  /** The meaning if Intercom itself answered; an answer from anybody else is `foreign`. */
  intercoms: AnswerClass
  /** The same for people. */
  meaning: string
}

const oneOf =
  (...statuses: number[]) =>
  (status: number) =>
    statuses.includes(status)
const between = (from: number, to: number) => (status: number) => status >= from && status < to

/** Every status falls into the first class that includes it. A list of the statuses seen so far would have holes. */
export const statusClasses: readonly StatusClass[] = [
  {
    statuses: '2xx',
    includes: between(200, 300),
    intercoms: 'fulfilled',
    meaning: 'The request is fulfilled, if the answer is in the form of the endpoint that was asked',
  },
  {
    statuses: '1xx, 3xx',
    includes: between(0, 400),
    intercoms: 'foreign',
    meaning: 'Never: Intercom redirects none of these requests. No redirect is followed',
  },
  {
    statuses: '401, 403',
    includes: oneOf(401, 403),
    intercoms: 'unauthorized',
    meaning:
      'The token (`token_invalid`), or a permission of it, if said twice, 10 s apart: `scope_missing`. For a list of a contact, said twice: it stays cut, with a WARN',
  },
  {
    statuses: '404, 410',
    includes: oneOf(404, 410),
    intercoms: 'gone',
    meaning:
      'Of a record that a list has just shown, said twice, 10 s apart: it is deleted. Of a search: a page that fails. Of a scroll: it begins again. Else `intercom_rejected`',
  },
  {
    statuses: '407',
    includes: oneOf(407),
    intercoms: 'foreign',
    meaning: 'Never: it is a proxy that wants to know who asks',
  },
  {
    statuses: '408, 409, 423, 425',
    includes: oneOf(408, 409, 423, 425),
    intercoms: 'retry',
    meaning:
      'Asked again. With `scroll_exists`, or 423 to a scroll: another application has the scroll of companies, and is waited for',
  },
  {
    statuses: '429',
    includes: oneOf(RATE_LIMITED),
    intercoms: 'rate_limited',
    meaning: 'The rate limit: waited for, up to ten minutes. So is a 429 of any form that has `X-RateLimit-Limit`',
  },
  {
    statuses: 'other 4xx',
    includes: between(400, 500),
    intercoms: 'refused',
    meaning:
      'Of a single record: it is named and tried first by the next sync. 422 to a search: a page that fails. 400 to a cursor: reading goes on without it. Else `intercom_rejected`',
  },
  {
    statuses: '5xx and above',
    includes: () => true,
    intercoms: 'retry',
    meaning:
      'Asked again, five times in all. If it lasts for one record or page: it is named and tried first by the next sync. If it lasts for everything: `intercom_unavailable`',
  },
]

/** The meaning of a status in an answer of Intercom's own. */
export function classOf(status: number): AnswerClass {
  return statusClasses.find(({ includes }) => includes(status))?.intercoms ?? 'retry'
}
