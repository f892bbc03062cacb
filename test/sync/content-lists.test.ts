import t, { type Test } from 'tap'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { createRandom, integerBetween, pick } from '../../simulator/random.ts'
import { contentLists } from '../../simulator/records/plain/content-lists.ts'
import { type ApiVersion, isSince } from '../../src/airbyte/source-config.ts'
import { contentEntries } from '../../src/streams/entries/content.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { type CollectOptions, collectSync, joined, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const now = Date.UTC(2026, 4, 5)
const day = 86_400
const entries = contentEntries.filter(({ name }) => Object.hasOwn(contentLists, name))
const names = entries.map(({ name }) => name)
/** Several pages of each, but for the largest pages. */
const lists = Object.fromEntries(names.map((name) => [name, 120]))
const workspace = { contacts: 1, companies: 1, conversations: 1, unstableTies: true, oddities: false, lists }

async function setUp(t: Test, options: SimulatorOptions = {}) {
  const clock = createManualClock(now)
  const simulator = await listenSimulator(t, { ...workspace, clock, ...options })
  const ledger = new Map()
  const sync = (more: Partial<CollectOptions> = {}) =>
    collectSync({ baseUrl: simulator.url, clock, streams: names, ...more })
  const faultsIn = async (messages: Buffer, streams = names, version = '2.16') =>
    (await checkMessages([messages], simulator.workspace.truth({ version }), { expectStreams: streams, ledger })).faults
  return { ...simulator, clock, sync, ledger, faultsIn }
}

const idsIn = (messages: Buffer, stream: string): string[] => recordsOf(messages, stream).map(({ id }) => String(id))
const warnings = (messages: Buffer): string[] =>
  parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? [log.message] : []))

for (const api_version of ['2.11', '2.14', '2.16', '2.17'] as ApiVersion[])
  t.test(`API ${api_version}: every list comes whole, then what is new or has changed, each once`, async (t) => {
    const simulator = await setUp(t)
    const config = { access_token: 'simulator-token', api_version }
    const streams = entries.flatMap(({ name, since }) => (!since || isSince(api_version, since) ? [name] : []))
    const first = await simulator.sync({ config, streams })
    t.equal(first.outcome?.failure, undefined)
    t.same(await simulator.faultsIn(first.messages, streams, api_version), [])
    for (const name of streams) t.equal(idsIn(first.messages, name).length, 120, name)
    t.same(warnings(first.messages), [])

    simulator.clock.advance(day * 1000)
    const quiet = await simulator.sync({ config, streams, state: first.state })
    for (const name of streams) t.same(idsIn(quiet.messages, name), [], `${name}: nothing has changed`)
    const changed = new Map(
      streams.map((stream) => {
        const ids = (['update', 'create'] as const).flatMap((kind) =>
          simulator.workspace.mutate({ stream, kind, count: 7 }),
        )
        simulator.workspace.mutate({ stream, kind: 'delete', count: 3 })
        return [stream, ids.filter((id) => simulator.workspace.collection(stream).find(id))]
      }),
    )
    const second = await simulator.sync({ config, streams, state: quiet.state })
    for (const name of streams)
      t.same(idsIn(second.messages, name).toSorted(), changed.get(name)?.toSorted(), `${name}: what has changed`)
    t.same(await simulator.faultsIn(second.messages, streams, api_version), [])
  })

t.test('what is changed, created or deleted while a list is read moves nothing else out of sight', async (t) => {
  const kinds = ['delete', 'create', 'update'] as const
  for (let seed = 1; seed <= 5; seed++) {
    const random = createRandom(seed, 0xc047)
    const clock = createAcceleratedClock(now, 200)
    const script = Array.from({ length: integerBetween(random, 5, 20) }, () => ({
      after: integerBetween(random, 1, 60),
      mutations: [{ stream: pick(random, names), kind: pick(random, kinds), count: integerBetween(random, 1, 5) }],
    }))
    const simulator = await setUp(t, { seed, clock, script })
    const visibleAt = clock.now()
    const { messages, state } = await simulator.sync({ clock })
    const due = { visibleAt, stillAt: clock.now(), expectStreams: names, ledger: simulator.ledger }
    const { faults } = await checkMessages([messages], simulator.workspace.truth(), due)
    t.same(faults, [], `seed ${seed}: ${JSON.stringify(script)}`)
    const next = await simulator.sync({ clock, state })
    t.same(await simulator.faultsIn(next.messages), [], `seed ${seed}, next`)
  }
})

t.test('an attempt that dies after any commit is continued with nothing lost or twice', async (t) => {
  const simulator = await setUp(t, { lists: Object.fromEntries(names.map((name) => [name, 30])) })
  const whole = await simulator.sync()
  for (let stopAfter = 1; stopAfter < whole.commits.length; stopAfter += 4) {
    const { commits } = await simulator.sync({ stopAfter })
    const rest = await simulator.sync({ held: commits })
    const { messages } = joined([...commits, ...rest.commits])
    simulator.ledger.clear()
    t.same(await simulator.faultsIn(messages), [], `${stopAfter}`)
  }
})

t.test('macros are asked for what has changed alone, by cursor, whatever the form of their times', async (t) => {
  const simulator = await setUp(t, { lists: { macros: 400 } })
  const asked = () =>
    simulator.requests.entries
      .filter(({ path }) => path === '/macros')
      .map(({ query, records }) => ({ query, records }))
  const first = await simulator.sync({ streams: ['macros'] })
  t.match(asked(), [
    { query: { per_page: '150' }, records: 150 },
    { query: { per_page: '150', starting_after: /./ }, records: 150 },
    { query: { per_page: '150', starting_after: /./ }, records: 100 },
  ])
  t.notOk(asked().some(({ query }) => 'updated_since' in query))
  simulator.clock.advance(day * 1000)
  const [moved] = simulator.workspace.mutate({ stream: 'macros', kind: 'update', count: 1 })
  const second = await simulator.sync({ streams: ['macros'], state: first.state })
  t.same(idsIn(second.messages, 'macros'), [moved])
  t.match(asked().slice(3), [{ query: { updated_since: String(now / 1000 - 301) }, records: 1 }])
  const config = { access_token: 'simulator-token', start_date: new Date(now).toISOString().replace('.000', '') }
  t.same(idsIn((await simulator.sync({ streams: ['macros'], config })).messages, 'macros'), [moved])
})

t.test('without the permission a list is INCOMPLETE, and the others come', async (t) => {
  const clock = createAcceleratedClock(now, 20)
  const simulator = await setUp(t, { clock, accessTokens: { narrow: ['read_news', 'read_macros'] } })
  const { messages, outcome } = await simulator.sync({ clock, config: { access_token: 'narrow' } })
  t.match(outcome?.failure, { code: 'scope_missing' })
  t.same(
    names.filter((name) => recordsOf(messages, name).length === 0),
    ['news_items', 'macros'],
  )
})
