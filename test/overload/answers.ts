import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { CodedError } from '../../src/errors.ts'
import { readOwnObject, scanList } from '../../src/intercom/answers/own-list.ts'
import { withBriefClient } from '../../src/intercom/brief-client.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import type { Teardown } from '../support/processes.ts'
import { listenRaw } from '../support/raw-server.ts'
import { edit, edited } from './edits.ts'
import { tellFailure } from './failure.ts'

const record = {
  type: 'contact',
  id: '5f',
  updated_at: 1_767_225_600,
  tags: { type: 'list', data: [], has_more: false },
}
const rightBodies = [
  {
    type: 'list',
    data: [record, { ...record, id: '60' }],
    total_count: 2,
    pages: { type: 'pages', page: 1, next: null },
  },
  { type: 'admin', app: { type: 'app', id_code: 'abc', timezone: 'UTC' } },
  { type: 'error.list', errors: [{ code: 'unauthorized', message: 'No' }] },
]

/** A mebibyte that is a kilobyte on its way; eighty of them in a row are more than an answer may hold. */
const blown = gzipSync(Buffer.alloc(1024 * 1024, '['))

interface DrawnAnswer {
  status: number
  headers: string[]
  body: Buffer
  /** Whether the connection is closed after it, in order or not. */
  end: 'open' | 'close' | 'reset'
}

const body = fc.oneof(
  {
    arbitrary: fc
      .tuple(fc.constantFrom<unknown>(...rightBodies), fc.array(edit, { maxLength: 3 }))
      .map(([right, edits]) => ({
        bytes: Buffer.from(JSON.stringify(edits.reduce(edited, right)) ?? ''),
        encoding: '',
      })),
    weight: 20,
  },
  {
    arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ bytes: Buffer.from(bytes), encoding: '' })),
    weight: 4,
  },
  {
    arbitrary: fc
      .integer({ min: 1, max: 80 })
      .map((times) => ({ bytes: Buffer.concat(Array.from({ length: times }, () => blown)), encoding: 'gzip' })),
    weight: 1,
  },
)
const oddHeaders = [
  'Content-Encoding: gzip',
  'Content-Encoding: br',
  'Content-Encoding: deflate',
  'Content-Encoding: nonsense',
  'Transfer-Encoding: chunked',
  'Content-Length: 99999999',
  'Content-Length: 5',
  'Retry-After: 1',
  'Retry-After: never',
  'X-RateLimit-Limit: -1',
  'X-RateLimit-Remaining: 1e9',
  'X-RateLimit-Reset: 99999999999999',
  'Date: yesterday',
  'no header at all',
]

const seldom = fc.nat(2).map((number) => number === 0)

const damagedAnswer: fc.Arbitrary<DrawnAnswer> = fc
  .record({
    status: fc.oneof(
      { arbitrary: fc.constant(200), weight: 6 },
      { arbitrary: fc.integer({ min: 200, max: 599 }), weight: 4 },
    ),
    odd: fc.subarray(oddHeaders, { maxLength: 2 }),
    body,
    isCut: seldom,
    isChanged: seldom,
    end: fc.constantFrom<DrawnAnswer['end']>('open', 'close', 'reset'),
  })
  .map(({ status, odd, body: { bytes, encoding }, isCut, isChanged, end }) => {
    const own = [`Content-Length: ${bytes.length}`, ...(encoding ? [`Content-Encoding: ${encoding}`] : [])]
    const sent = isCut ? bytes.subarray(0, bytes.length / 2) : bytes
    return { status, headers: isChanged ? [...odd, ...(encoding ? own : [])] : own, body: sent, end }
  })

/** As Intercom gives it. */
const rightAnswer = fc.constantFrom(...rightBodies.slice(0, 2)).map((right): DrawnAnswer => {
  const bytes = Buffer.from(JSON.stringify(right))
  return { status: 200, headers: [`Content-Length: ${bytes.length}`], body: bytes, end: 'open' }
})

const drawnAnswer = fc.oneof(
  { arbitrary: damagedAnswer.map((answer) => ({ answer, isRight: false })), weight: 9 },
  { arbitrary: rightAnswer.map((answer) => ({ answer, isRight: true })), weight: 1 },
)

export interface AnswersRun {
  answers: number
  /** Answers that nothing is wrong with. */
  right: number
  /** What came of them: `read`, or the code of the error. */
  outcomes: Map<string, number>
  slowestMs: number
  counterexample?: string
}

const deadlineMs = 500
/** A machine that is busy with other work. */
const latestMs = deadlineMs + 10_000

/** Answers drawn at random, one for each question: each is read or told as an error of the table, in bounded time. */
export async function takeAnswers(t: Teardown, options: { count: number; seed: number }): Promise<AnswersRun> {
  let next: DrawnAnswer | undefined
  const baseUrl = await listenRaw(t, (socket) => {
    if (!next) return
    const head = [`HTTP/1.1 ${next.status} Drawn`, ...next.headers, '', ''].join('\r\n')
    socket.write(head)
    socket.write(next.body)
    if (next.end === 'close') socket.end()
    if (next.end === 'reset') socket.resetAndDestroy()
  })
  const run: AnswersRun = { answers: 0, right: 0, outcomes: new Map(), slowestMs: 0 }
  const law = fc.asyncProperty(drawnAnswer, fc.boolean(), async ({ answer, isRight }, isList) => {
    next = answer
    const began = performance.now()
    const outcome = await ask(baseUrl, isList && !isRight)
    const took = performance.now() - began
    run.answers++
    run.slowestMs = Math.max(run.slowestMs, took)
    run.outcomes.set(outcome, (run.outcomes.get(outcome) ?? 0) + 1)
    if (isRight) run.right++
    if (isRight && outcome !== 'read') throw new Error(`a right answer: ${outcome}`)
    if (took > latestMs) throw new Error(`it took ${took} ms`)
  })
  const result = await fc.check(law, { numRuns: options.count, seed: options.seed })
  if (!result.failed) return run
  return { ...run, counterexample: tellFailure(result) }
}

async function ask(baseUrl: string, isList: boolean): Promise<string> {
  // Stands still while a busy machine lets this process do nothing.
  const clock = createAcceleratedClock(Date.now(), 1, { isAlone: true })
  const { signal } = new AbortController()
  const shape = { recordsPath: ['data'], members: ['id', 'updated_at'] }
  const config = { access_token: 'a-token' }
  const asking = { config, baseUrl, clock, random: () => 0, signal, deadlineMs, tries: 1 }
  try {
    await withBriefClient(asking, (client) =>
      client.ask({ method: 'GET', path: '/drawn', version: '2.16' }, ({ body }) => {
        if (isList) scanList(body, shape, '/drawn').envelope('pages')
        else readOwnObject(body, '/drawn')
      }),
    )
    return 'read'
  } catch (error) {
    if (error instanceof CodedError && error.code !== 'internal_error') return error.code
    throw error
  }
}
