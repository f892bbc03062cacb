import type { IncomingMessage } from 'node:http'
import t, { type Test } from 'tap'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { createMemoryShares } from '../../src/sync/concurrency/memory-shares.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { engineOn } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { untilHolds } from '../support/polling.ts'

t.test('a job that waits for its limit leaves its share to the others', async (t) => {
  const clock = createManualClock()
  const shares = createMemoryShares(1200, clock)
  let isWaiting = false
  const waiting = shares.open(() => isWaiting)
  const other = shares.open(() => false)
  t.equal(other.bytes(), 600)
  isWaiting = true
  clock.advance(1000)
  t.equal(other.bytes(), 1200)
  isWaiting = false
  clock.advance(1000)
  t.equal(other.bytes(), 600)
  waiting.close()
  t.equal(other.bytes(), 1200)
})

/** Jobs that have begun beside the one that is looked at. */
const others = 39

/** Begins many jobs on one engine. @returns the last of them, which alone goes on, and what the simulator is asked */
async function amongOthers(t: Test, options: SimulatorOptions, streams: string[], isCounted: RegExp) {
  const simulator = await listenSimulator(t, { ...options, oddities: false })
  const requests = { asked: 0, inFlight: 0, most: 0 }
  simulator.app.server.on('request', ({ url = '' }: IncomingMessage, response) => {
    if (!isCounted.test(url)) return
    requests.asked++
    requests.most = Math.max(requests.most, ++requests.inFlight)
    response.once('close', () => requests.inFlight--)
  })
  const startSync = engineOn(simulator.url)
  const start = () => {
    const request = parseSyncRequest({ config: { access_token: 'simulator-token' }, streams })
    return startSync(request, { signal: new AbortController().signal })
  }
  const idle = Array.from({ length: others }, start)
  t.teardown(() => Promise.all(idle.map((job) => job.return({ streams: [] }))))
  // The first commit comes before Intercom is asked for anything.
  for (const job of idle) await job.next()
  return { job: start(), requests }
}

/** Takes the rest of a job. @returns records */
async function recordsOf(job: AsyncIterable<{ recordCount: number }>): Promise<number> {
  let records = 0
  for await (const { recordCount } of job) records += recordCount
  return records
}

t.test('the children that a job reads ahead have room in its share of the memory', async (t) => {
  const parts = 20
  // Some 100 KB of parts each: 20 MB. A share is a fortieth of 32 MiB.
  const options = {
    contacts: 0,
    conversations: 200,
    longConversations: 0,
    partsPerConversation: { from: parts, to: parts + 1 },
    proseLength: 5000,
  }
  const { job, requests } = await amongOthers(
    t,
    options,
    ['conversations', 'conversation_parts'],
    /^\/conversations\/\d+/,
  )
  let records = 0
  while (records === 0) {
    const { value } = await job.next()
    if ('recordCount' in value) records = value.recordCount
  }
  // Nothing more is taken, so reading comes to rest.
  let asked = -1
  await untilHolds(() => {
    const isAtRest = requests.inFlight === 0 && requests.asked === asked
    asked = requests.asked
    return isAtRest
  })
  t.ok(asked < 60, `${asked} conversations are asked for while the first of them is not taken`)
  t.equal(records + (await recordsOf(job)), 200 * (1 + parts))
})

t.test('a job has as many pages in flight as its share of the memory holds, and a few in any case', async (t) => {
  const { job, requests } = await amongOthers(t, { contacts: 6000, latencyMs: 20 }, ['contacts'], /^\/contacts\/search/)
  t.equal(await recordsOf(job), 6000)
  t.ok(requests.most > 1 && requests.most <= 3, `${requests.most} in flight`)
})
