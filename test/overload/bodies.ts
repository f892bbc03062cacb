import fc from 'fast-check'
import { edit, edited } from './edits.ts'
import { tellFailure } from './failure.ts'

/** A request with a body that nobody would send, or that somebody sends to do harm. */
interface DrawnBody {
  method: 'POST' | 'PUT' | 'PATCH'
  path: string
  body: Uint8Array
}

const token = 'simulator-token'
const state = [
  {
    type: 'STREAM',
    stream: {
      stream_descriptor: { name: 'contacts' },
      stream_state: {
        updated_at: 1_767_225_600,
        intercom_sync: {
          v: 1,
          plan: '2.16|UTC|-|0',
          read_to: 1_767_229_200,
          seen: { a1: '9f3a61c2d07b5e18' },
          gaps: [[0, 5, 'done']],
        },
      },
    },
  },
]
const catalog = {
  streams: [{ stream: { name: 'contacts', json_schema: {} }, sync_mode: 'incremental', primary_key: [['id']] }],
}

/** Each call that takes a body, with one that is right. */
const calls: readonly { method: DrawnBody['method']; path: string; right: unknown }[] = [
  {
    method: 'POST',
    path: '/v1/jobs',
    right: { config: { access_token: token, region: 'eu' }, streams: ['tags', { name: 'admins' }], state },
  },
  {
    method: 'POST',
    path: '/v1/jobs',
    right: { config: { access_token: token }, catalog, state: { contacts: { updated_at: '5' } } },
  },
  {
    method: 'POST',
    path: '/v1/check',
    right: { config: { access_token: token, start_date: '2026-01-01T00:00:00Z' }, streams: ['tags'] },
  },
  { method: 'POST', path: '/v1/discover', right: { config: { access_token: token } } },
  {
    method: 'PUT',
    path: '/v1/connections/drawn?validate=false',
    right: { config: { access_token: token }, catalog: { type: 'CATALOG', catalog } },
  },
  {
    method: 'PATCH',
    path: '/v1/connections/drawn?validate=false',
    right: { config: { start_date: null }, schedule: { type: 'interval', every: 'P1W' }, paused: true },
  },
  {
    method: 'POST',
    path: '/v1/connections/drawn/diff',
    right: { config: { access_token: token }, streams: ['tags'], schedule: { type: 'manual' } },
  },
  {
    method: 'POST',
    path: '/v1/connections/drawn/refresh',
    right: { streams: ['contacts'], since: '2026-01-01T00:00:00Z', until: '2026-02-01T00:00:00Z' },
  },
  { method: 'PUT', path: '/v1/connections/drawn/state', right: state },
  { method: 'POST', path: '/v1/jobs/1/ack', right: { offset: 3, epoch: 'e.1' } },
]

/** Bytes that are damaged: cut, or with others in their midst. */
const damage = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 4 },
  {
    arbitrary: fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      bytes: fc.uint8Array({ maxLength: 20 }),
      isCut: fc.boolean(),
    }),
    weight: 1,
  },
)

/** A larger one is refused before it has been sent, which a client may meet as a broken connection. */
const largestBody = 4 * 1024 * 1024

const drawnBody: fc.Arbitrary<DrawnBody> = fc
  .tuple(fc.constantFrom(...calls), fc.array(edit, { maxLength: 3 }), damage)
  .map(([{ method, path, right }, edits, damaged]) => {
    const text = JSON.stringify(edits.reduce(edited, right)) ?? ''
    const whole = Buffer.from(text).subarray(0, largestBody - 20)
    if (!damaged) return { method, path, body: whole }
    const at = Math.floor(damaged.at * whole.length)
    const rest = damaged.isCut ? Buffer.alloc(0) : whole.subarray(at)
    return { method, path, body: Buffer.concat([whole.subarray(0, at), damaged.bytes, rest]) }
  })

const largestAnswer = 64 * 1024

export interface BodiesRun {
  bodies: number
  /** Answers by status. */
  statuses: Map<number, number>
  largestAnswer: number
  slowestMs: number
  /** What the law does not allow, with the way to draw it again. */
  counterexample?: string
}

interface BodiesOptions {
  count: number
  seed: number
  /** Further headers of each request, by its number. @defaultValue none */
  headersOf?: (place: number) => Record<string, string>
}

/** Sends bodies drawn at random: each gets an answer that is no fault of the service, and not longer than people read. */
export async function sendBodies(url: string, options: BodiesOptions): Promise<BodiesRun> {
  const run: BodiesRun = { bodies: 0, statuses: new Map(), largestAnswer: 0, slowestMs: 0 }
  const law = fc.asyncProperty(drawnBody, async ({ method, path, body }) => {
    const began = performance.now()
    const headers = { 'content-type': 'application/json', ...options.headersOf?.(run.bodies) }
    const response = await fetch(url + path, { method, body, headers })
    const answer = await response.text()
    run.bodies++
    run.slowestMs = Math.max(run.slowestMs, performance.now() - began)
    run.largestAnswer = Math.max(run.largestAnswer, answer.length)
    run.statuses.set(response.status, (run.statuses.get(response.status) ?? 0) + 1)
    // The simulator answers, so that nobody else is to blame.
    if (response.status >= 500) throw new Error(`${response.status}: ${answer.slice(0, 500)}`)
    // A catalog that was stored is answered whole.
    if (!response.ok && answer.length > largestAnswer) throw new Error(`an answer of ${answer.length} bytes`)
  })
  const result = await fc.check(law, { numRuns: options.count, seed: options.seed })
  if (!result.failed) return run
  return { ...run, counterexample: tellFailure(result) }
}
