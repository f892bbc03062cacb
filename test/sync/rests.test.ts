import t, { type Test } from 'tap'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { Rest } from '../../src/sync/contract/rest.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import type { Held, Wait } from '../../src/sync/contract/watch.ts'
import { createEngine, type StartSync } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { parseLines } from '../support/engine.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { untilHolds } from '../support/polling.ts'

type SyncOptions = Parameters<StartSync>[1]

/** A turn rests for so long. */
const restMs = 60_000

/** Whatever a sync holds and waits for, as its worker sees it. */
function openWatch() {
  let held: () => Held = () => ({ isIdle: false, canGoOnElsewhere: false })
  let waiting: () => Wait | undefined = () => undefined
  const watch: NonNullable<SyncOptions['watch']> = {
    begun(wait) {
      waiting = wait
    },
    holding(ask) {
      held = ask
    },
    waited: () => undefined,
    answered: () => undefined,
    retried: () => undefined,
  }
  /** Resolves once it waits for the limit, and nothing is on its way. */
  const untilLimited = () => untilHolds(() => held().isIdle && waiting()?.waitingFor === 'rate_limit')
  return { watch, untilLimited, held: () => held() }
}

async function openSimulator(t: Test, options: SimulatorOptions) {
  const clock = createManualClock(Date.UTC(2026, 0, 1, 0, 0, 1))
  const simulator = await listenSimulator(t, { oddities: false, ...options, clock })
  return { clock, simulator, startSync: engineOn(simulator, clock) }
}

function engineOn({ url }: ListeningSimulator, clock: ManualClock) {
  return createEngine({
    clock,
    random: () => 0.5,
    baseUrl: url,
    createSpool: createFileSpool,
    scrollLeaseOf: () => ({ hold: (_signal, work) => work() }),
  })
}

const requestOf = (streams: string[]) =>
  parseSyncRequest({ config: { access_token: 'simulator-token', start_date: '2010-01-01T00:00:00Z' }, streams })

t.test('a job that rests again and again tells its waits, and a STATE every five minutes', async (t) => {
  const { clock, simulator, startSync } = await openSimulator(t, { contacts: 100 })
  // The workspace may be asked for; everything else waits.
  simulator.faults.next([{ status: 429, match: { path: '/contacts/search' }, repeat: Number.POSITIVE_INFINITY }])
  let position: SyncOptions['position']
  const growth: unknown[] = []
  /** The messages of each turn. */
  const turns: ReturnType<typeof parseLines>[] = []
  for (let turn = 0; turn < 7; turn++) {
    const asked = simulator.requests.totals.requests
    const stop = new AbortController()
    const { watch, untilLimited } = openWatch()
    const sync = startSync(requestOf(['contacts']), {
      signal: stop.signal,
      watch,
      growth: [...growth],
      ...(position && { position }),
    })
    const bodies: Buffer[] = []
    const read = async () => {
      for await (const commit of sync) {
        bodies.push(Buffer.from(commit.body))
        position = JSON.parse(JSON.stringify(commit.position))
        growth.push(...(commit.growth ?? []))
      }
    }
    const ended = read().catch((error: unknown) => error)
    // It has asked whose workspace this is, and was refused the first page.
    await untilHolds(() => {
      clock.advance(500)
      return simulator.requests.totals.requests >= asked + 2
    })
    await untilLimited()
    stop.abort(new Rest(restMs))
    t.type(await ended, Rest)
    turns.push(parseLines(Buffer.concat(bodies)))
    clock.advance(restMs)
  }
  const statuses = turns.map((messages) => messages.flatMap(({ trace }) => trace?.stream_status ?? []))
  t.same(
    statuses.map((ones) => ones.filter(({ status }) => status === 'STARTED').length),
    [1, 0, 0, 0, 0, 0, 0],
    'it is started once',
  )
  for (const [turn, ones] of statuses.entries())
    t.ok(
      ones.some(({ reasons }) => reasons?.some(({ rate_limited }) => rate_limited.quota_reset > 0)),
      `turn ${turn} tells that it waits`,
    )
  t.same(
    turns.map((messages) => messages.filter(({ type }) => type === 'STATE').length),
    [0, 0, 0, 0, 0, 1, 0],
    'a STATE after five minutes of silence, whatever rests are between',
  )
})

/** How many requests a window allows, so that a list is in its middle when they are used up. */
const perWindow = 6

t.test('a job keeps its slot while it holds what nobody else could go on from', async (t) => {
  const cases = [
    { stream: 'companies', options: { companies: 400, scrollPageSize: 20 }, mayRest: false },
    { stream: 'articles', options: { articles: 4000 }, mayRest: false },
    { stream: 'contacts', options: { contacts: 3000 }, mayRest: true },
    { stream: 'conversation_parts', options: { conversations: 60 }, mayRest: true },
  ]
  for (const { stream, options, mayRest } of cases) {
    const { startSync } = await openSimulator(t, {
      contacts: 0,
      companies: 0,
      conversations: 0,
      longConversations: 0,
      ...options,
      rateLimitPerWindow: perWindow,
    })
    const stop = new AbortController()
    const { watch, untilLimited, held } = openWatch()
    const sync = startSync(requestOf([stream]), { signal: stop.signal, watch })
    const read = async () => {
      for await (const { body } of sync) if (body.length === 0) continue
    }
    const ended = read().catch((error: unknown) => error)
    await untilLimited()
    t.equal(held().canGoOnElsewhere, mayRest, stream)
    stop.abort(new Rest(restMs))
    t.type(await ended, Rest)
  }
})
