import t, { type Test } from 'tap'
import { streamNames } from '../../simulator/records/streams.ts'
import { printSync } from '../../src/connector/print-sync.ts'
import { CodedError } from '../../src/errors.ts'
import type { Commit } from '../../src/sync/contract/commit.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { createFingerprints } from '../../src/sync/delivered/fingerprints.ts'
import { createEngine, type StartSync } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

/**
 * The engine, whose attempts die as they take the commit after so many, or one that they never get over; `commitsOf` is
 * asked with the attempt, from 1.
 */
function dying(
  startSync: StartSync,
  commitsOf: (attempt: number) => number,
  isDeadly: (commit: Commit) => boolean,
): StartSync {
  let attempt = 0
  return async function* die(request, options) {
    const most = commitsOf(++attempt)
    const sync = startSync(request, options)
    try {
      for (let commits = 0; ; commits++) {
        const step = await sync.next()
        if (step.done) return step.value
        if (commits === most || isDeadly(step.value)) throw new CodedError('intercom_unavailable', 'Intercom is away')
        yield step.value
      }
    } finally {
      await sync.return({ streams: [] })
    }
  }
}

/** Reads in this process, with waits that pass a hundred times as fast. */
async function readFrom(
  t: Test,
  streams: readonly string[],
  commitsOf: (attempt: number) => number,
  isDeadly: (commit: Commit) => boolean = () => false,
) {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 100)
  const intercom = await listenSimulator(t, { contacts: 1200, companies: 250, conversations: 120, clock })
  const request = parseSyncRequest({ config: { access_token: 'simulator-token' }, streams })
  const pieces: Buffer[] = []
  /** Ms until the next attempt, of each that failed; undefined after the last. */
  const waits: (number | undefined)[] = []
  const engine = createEngine({
    clock,
    random: () => 0.5,
    baseUrl: intercom.url,
    createSpool: createFileSpool,
    scrollLeaseOf: () => ({ hold: (_signal, work) => work() }),
  })
  const failure = await printSync(request, {
    startSync: dying(engine, commitsOf, isDeadly),
    output: { write: async (lines) => void pieces.push(Buffer.from(lines)) },
    clock,
    signal: new AbortController().signal,
    reportError: (_error, nextInMs) => waits.push(nextInMs),
  })
  return { intercom, failure, waits, messages: Buffer.concat(pieces) }
}

t.test('attempts that fail are followed by others, and together they print one sync', async (t) => {
  const { intercom, failure, waits, messages } = await readFrom(t, streamNames, (attempt) =>
    attempt > 6 ? Infinity : attempt + 1,
  )
  t.equal(failure, undefined)
  t.ok(waits.length >= 3, `${waits.length} attempts failed`)
  t.same((await judge(intercom, messages, { expectStreams: [...streamNames] })).faults, [])
})

t.test('five attempts in a row without a record end the read, and every stream that has started', async (t) => {
  const { failure, waits, messages } = await readFrom(t, ['contacts', 'tags'], (attempt) => (attempt === 1 ? 1 : 0))
  t.match(failure, { code: 'intercom_unavailable', message: /The last one failed with: Intercom is away/ })
  t.same(waits, [10_000, 30_000, 90_000, 270_000, undefined])
  t.match(parseLines(messages), [
    { trace: { stream_status: { stream_descriptor: { name: 'contacts' }, status: 'STARTED' } } },
    { trace: { stream_status: { stream_descriptor: { name: 'tags' }, status: 'STARTED' } } },
    { trace: { stream_status: { stream_descriptor: { name: 'contacts' }, status: 'INCOMPLETE' } } },
    { trace: { stream_status: { stream_descriptor: { name: 'tags' }, status: 'INCOMPLETE' } } },
    { trace: { error: { failure_type: 'transient_error', message: /5 attempts in a row/ } } },
  ])
})

t.test('reading a list again from its beginning, with nothing new in it, is no progress', async (t) => {
  const before = (commit: Commit) => commit.body.includes('"COMPLETE"')
  const { failure, waits, messages } = await readFrom(t, ['companies'], () => Infinity, before)
  t.match(failure, { code: 'intercom_unavailable', message: /5 attempts in a row/ })
  const ids = recordsOf(messages, 'companies').map(({ id }) => id)
  t.ok(ids.length > 200, `${ids.length} companies`)
  t.equal(new Set(ids).size, ids.length)
  // The commit that is lost each time may have held the last records.
  t.same(waits.slice(-5), [10_000, 30_000, 90_000, 270_000, undefined])
})

t.test('what an attempt took and never printed is taken again by the next', async (t) => {
  const fingerprints = createFingerprints()
  // More than the first table holds, so that it grows in between.
  const printed = Array.from({ length: 900 }, (_, number) => `printed ${number}`)
  const lost = Array.from({ length: 5000 }, (_, number) => `lost ${number}`)
  for (const text of printed) fingerprints.add('tags', text)
  fingerprints.keep()
  for (const text of lost) fingerprints.add('tags', text)
  fingerprints.takeBack()
  t.same(
    printed.filter((text) => fingerprints.add('tags', text)),
    [],
    'what was printed is known',
  )
  t.equal(lost.filter((text) => fingerprints.add('tags', text)).length, lost.length, 'what was lost is not')
  t.same(
    lost.filter((text) => fingerprints.add('tags', text)),
    [],
  )
})
