import { STATUS_CODES } from 'node:http'
import type { Fault } from '../../simulator/faults/fault.ts'

/** What stands in an answer: Intercom's own words, or what somebody else may say in its place. */
export const forms = ['own', 'page', 'empty', 'portal', 'ok', 'no-list', 'no-errors', 'other-app', 'framework'] as const
export type Form = (typeof forms)[number]

/** How a middleman gives itself away. */
export const answerer = 'front-door'

const own = { code: 'some_code', message: 'Some words of Intercom' }

const bodiesOf = (status: number): Readonly<Record<Form, Fault>> => ({
  own: { body: { type: 'error.list', request_id: 'b1', errors: [own] } },
  page: { html: '<html><head><title>Blocked</title></head><body>Ask your administrator</body></html>' },
  empty: { text: '' },
  portal: { body: { data: [] } },
  ok: { body: { ok: true } },
  'no-list': { body: { type: 'list', data: {} } },
  'no-errors': { body: { type: 'error.list', errors: {} } },
  'other-app': { body: { code: 403, message: 'denied', status: 'error' } },
  // As Rails and Spring write an error: with the name of the status.
  framework: { body: { status, error: STATUS_CODES[status] ?? 'Unknown' } },
})

/** An answer in place of Intercom's; only Intercom's own words come with its headers. */
export function answerOf(status: number, form: Form): Fault {
  const body = bodiesOf(status)[form]
  if (form === 'own') return { ...body, status }
  return { ...body, status, foreign: true, headers: { Server: answerer } }
}

/** What an answer comes to, by Intercom's documents. */
export type Meaning = 'foreign' | 'retry' | 'limit' | 'unauthorized' | 'gone' | 'unprocessable' | 'refused'

/**
 * Said here anew, by hand: what the product takes a status for is not asked. Intercom answers none of our requests with a
 * redirect or as a proxy, nor with an error under a status of success.
 */
export function meaningOf(status: number, form: Form): Meaning {
  if (form !== 'own' || status < 400 || status === 407) return 'foreign'
  if (status === 429) return 'limit'
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 404 || status === 410) return 'gone'
  if (status === 422) return 'unprocessable'
  return status >= 500 || [408, 409, 423, 425].includes(status) ? 'retry' : 'refused'
}
