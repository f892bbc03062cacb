import t, { type Test } from 'tap'
import type { Fault } from '../../simulator/faults/fault.ts'
import { streamNames } from '../../simulator/records/streams.ts'
import { printSync } from '../../src/connector/print-sync.ts'
import type { JobFailure } from '../../src/errors.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/file-spool.ts'
import { createFingerprints } from '../../src/sync/fingerprints.ts'
import { parseSyncRequest } from '../../src/sync/sync-request.ts'
import { listenSimulator } from '../simulator/listening-simulator.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { judge, parseLines } from '../support/engine.ts'

interface Read {
  failure: JobFailure | undefined
  messages: Buffer
  /** Ms until the next attempt, of each that failed; undefined after the last. */
  waits: (number | undefined)[]
}

/** Reads in this process, with waits that pass a hundred times as fast. */
async function readFrom(t: Test, faults: Fault[], streams: readonly string[]) {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 100)
  const intercom = await listenSimulator(t, { contacts: 1200, companies: 250, conversations: 120, clock })
  intercom.faults.next(faults)
  const request = parseSyncRequest({ config: { access_token: 'simulator-token' }, streams })
  const pieces: Buffer[] = []
  const waits: (number | undefined)[] = []
  const failure = await printSync(request, {
    startSync: createEngine({
      clock,
      random: () => 0.5,
      baseUrl: intercom.url,
      createSpool: createFileSpool,
      scrollLeaseOf: () => ({ hold: (_signal, work) => work() }),
    }),
    output: { write: async (lines) => void pieces.push(Buffer.from(lines)) },
    clock,
    signal: new AbortController().signal,
    reportError: (_error, nextInMs) => waits.push(nextInMs),
  })
  const read: Read = { failure, messages: Buffer.concat(pieces), waits }
  return { intercom, read }
}

const away = (path: string, skip: number, repeat: number): Fault => ({ match: { path }, skip, status: 503, repeat })

t.test('an Intercom that fails for a while does not end the read, and nothing comes twice', async (t) => {
  const { intercom, read } = await readFrom(
    t,
    [
      away('/contacts/search', 6, 10),
      away('/conversations/:id', 70, 15),
      away('/companies/scroll', 2, 6),
      away('/companies/:id/segments', 100, 10),
    ],
    streamNames,
  )
  t.ok(read.waits.length > 1, `${read.waits.length} attempts failed`)
  t.notOk(read.waits.includes(undefined))
  t.equal(read.failure, undefined)
  t.same((await judge(intercom, read.messages, { expectStreams: [...streamNames] })).faults, [])
})

t.test('an Intercom that stays away ends the read after five attempts in a row without a record', async (t) => {
  const { read } = await readFrom(
    t,
    [away('/tags', 0, 1000), away('/contacts/search', 6, 10_000)],
    ['contacts', 'tags'],
  )
  t.equal(read.failure?.code, 'no_progress')
  t.same(read.waits.slice(-5), [10_000, 30_000, 90_000, 270_000, undefined])
  const messages = parseLines(read.messages)
  const statuses = messages.flatMap(({ trace }) => trace?.stream_status ?? [])
  for (const name of ['contacts', 'tags']) {
    const own = statuses.filter(({ stream_descriptor }) => stream_descriptor.name === name).map(({ status }) => status)
    t.equal(own[0], 'STARTED')
    t.equal(own.filter((status) => status === 'STARTED').length, 1)
    t.equal(own.at(-1), 'INCOMPLETE')
  }
  t.match(messages.at(-1), { trace: { error: { failure_type: 'transient_error', message: /5 attempts in a row/ } } })
  t.equal(messages.filter(({ trace }) => trace?.error).length, 1)
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
