import fc from 'fast-check'
import type { Fault } from '../../simulator/faults/fault.ts'

/** Bodies of answers from somebody else. */
const bodies: Fault[] = [
  { html: '<html><head><title>Sign in</title></head><body>Sign in to use this network</body></html>' },
  { text: '' },
  { text: 'upstream connect error' },
  { body: { data: [] } },
  { body: { ok: true } },
  { body: [] },
  { body: null },
  { body: { type: 'list', data: {} } },
  { body: { type: 'list', data: null, total_count: 0 } },
  { body: { type: 'error.list', errors: {} } },
  { body: { status: 'error', error: 'not allowed' } },
]
const servers = ['cloudflare', 'AkamaiGHost', 'squid/5.7', '']

/**
 * Answers from somebody else, at any requests of a job: one to five if nothing else is tested, otherwise now and then.
 */
export function drawForeignAnswers(has: (trouble: 'foreign' | 'passing') => boolean): fc.Arbitrary<Fault[]> {
  if (!has('foreign')) return fc.constant([])
  const answer = fc
    .record({
      status: fc.oneof(
        fc.constantFrom(200, 302, 401, 403, 404, 407, 410, 429, 503),
        fc.integer({ min: 200, max: 599 }),
      ),
      words: fc.constantFrom(...bodies),
      server: fc.constantFrom(...servers),
      skip: fc.nat({ max: 25 }),
    })
    .map(({ status, words, server, skip }): Fault => {
      const headers = server === '' ? {} : { headers: { Server: server } }
      return { ...words, status, foreign: true, ...headers, ...(skip > 0 && { skip }) }
    })
  const some = fc.array(answer, { minLength: 1, maxLength: 5 })
  return has('passing') ? fc.oneof({ weight: 2, arbitrary: fc.constant<Fault[]>([]) }, some) : some
}
