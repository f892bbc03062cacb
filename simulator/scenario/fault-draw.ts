import { brokenScroll, type Fault } from '../faults/fault.ts'
import { integerBetween, pick, type Random } from '../random.ts'

/** Each of these passes: when asked again, Intercom answers as if nothing had happened. */
const passing: readonly Fault[] = [
  { status: 500 },
  { status: 502, html: '<html><body>Bad Gateway</body></html>' },
  { status: 503 },
  { status: 504 },
  { status: 429 },
  { status: 429, headers: { 'Retry-After': '3' } },
  { text: '' },
  { html: '<html><body>One moment, please</body></html>' },
  { truncate: 200 },
  { reset: 'before-headers' },
  { reset: 'mid-body' },
  // An answer from somebody else.
  { status: 302, text: '', foreign: true, headers: { Location: 'https://portal.invalid/login' } },
  { status: 401, html: '<html><body>Sign in</body></html>', foreign: true },
  {
    status: 403,
    html: '<html><body>You have been blocked</body></html>',
    foreign: true,
    headers: { Server: 'cloudflare' },
  },
  { status: 404, html: '<html><body>404 Not Found</body></html>', foreign: true, headers: { Server: 'nginx' } },
  { status: 410, text: 'Gone', foreign: true },
  { body: { data: [] }, foreign: true },
  { body: { type: 'error.list', errors: {} }, foreign: true },
]

const searches = ['/contacts/search', '/conversations/search', '/tickets/search', '/admins/activity_logs/search']
/** Searches whose pages follow cursors. */
const misled = searches.slice(0, 3)
const others = [
  '/conversations/:id',
  '/companies/scroll',
  '/companies/:id/segments',
  '/contacts/:id/tags',
  '/contacts/:id/notes',
  '/contacts/:id/companies',
  '/segments',
  '/tags',
  '/admins',
  '/me',
]

/** Faults that a sync must survive without loss: so few at each endpoint that the sync never gives up over them. */
export function drawFaults(random: Random): Fault[] {
  const paths = new Set(
    Array.from({ length: integerBetween(random, 0, 9) }, () => pick(random, [...searches, ...others])),
  )
  const faults = [...paths].map((path): Fault => {
    const repeat = integerBetween(random, 1, 3)
    const fault = { match: { path }, skip: integerBetween(random, 0, 6), repeat, ...pick(random, passing) }
    // A request that a gateway or the network loses may have been answered; one that the rate limit refuses has not.
    return fault.status !== 429 && random() < 0.5 ? { ...fault, fulfilled: true } : fault
  })
  // A page that leads to itself sends a sync back to its last checkpoint, but only once: the second time it must give
  // up.
  if (random() < 0.15) faults.push({ match: { path: pick(random, misled) }, skip: 1, cursor: 'same' })
  if (random() < 0.1) faults.push({ ...brokenScroll, skip: integerBetween(random, 0, 3) })
  return faults
}
