import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { systemClock } from '../../src/clock.ts'
import { createSkippingClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { type Collected, collectSync, joined, recordsOf } from '../support/engine.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'

type AnswerEdit = Parameters<typeof editAnswers>[2]

const minute = 60_000
const day = 86_400_000
const streams = ['companies', 'company_segments']
const setting = { companies: 200, contacts: 0, conversations: 0, oddities: false, deletedCompanies: false }

interface Stage {
  simulator: ListeningSimulator
  clock: ReturnType<typeof createSkippingClock>
  sync(state?: unknown[], more?: Partial<Parameters<typeof collectSync>[0]>): Promise<Collected>
  /** The requests since the last call, by path. */
  asked(): Record<string, number>
}

async function openStage(t: Test, options: SimulatorOptions = {}, edit?: AnswerEdit): Promise<Stage> {
  const clock = createSkippingClock(Date.UTC(2026, 4, 5), 500)
  const simulator = await listenSimulator(t, { ...setting, omitUserlessCompanies: false, clock, ...options })
  const baseUrl = edit ? await editAnswers(t, simulator, edit) : simulator.url
  let from = 0
  return {
    simulator,
    clock,
    sync: (state = [], more = {}) =>
      collectSync({
        baseUrl,
        clock,
        streams,
        state,
        config: { access_token: 'simulator-token', api_version: '2.17' },
        ...more,
      }),
    asked() {
      const paths = simulator.requests.entries.slice(from).map(({ path }) => path.replace(/\d[\da-f]{8,}/, '{id}'))
      from = simulator.requests.entries.length
      return Object.fromEntries([...new Set(paths)].map((path) => [path, paths.filter((one) => one === path).length]))
    },
  }
}
const idsOf = ({ messages }: Pick<Collected, 'messages'>) =>
  recordsOf(messages, 'companies').map(({ id }) => String(id))
const withUsers = ({ simulator }: Stage, has: boolean) =>
  simulator.workspace
    .collection('companies')
    .latest()
    .filter((company) => (company.member('user_count') !== 0) === has)
    .map(({ plan }) => plan.id)

t.test('changes come by the search, and those of companies without users by the scroll of every week', async (t) => {
  const stage = await openStage(t)
  const { simulator, clock } = stage
  const first = await stage.sync()
  const { '/companies/scroll': pages = 0, '/companies/search': none } = stage.asked()
  t.ok(pages >= 3)
  t.equal(none, undefined)
  const [one = ''] = withUsers(stage, true)
  const [userless = ''] = withUsers(stage, false)
  clock.advance(day)
  simulator.workspace.mutate({ stream: 'companies', kind: 'update', ids: [one, userless] })
  clock.advance(day)
  const second = await stage.sync(first.state)
  t.same(idsOf(second), [one])
  const {
    '/companies/scroll': noScroll,
    '/companies/search': searches = 0,
    '/companies/{id}/segments': children,
  } = stage.asked()
  t.equal(noScroll, undefined)
  t.ok(searches <= 3, `${searches} searches`)
  t.ok((children ?? 0) <= 1)
  clock.advance(4 * day)
  const third = await stage.sync(second.state)
  t.same(idsOf(third), [])
  t.equal(stage.asked()['/companies/scroll'], undefined)
  clock.advance(2 * day)
  const fourth = await stage.sync(third.state)
  t.ok(stage.asked()['/companies/scroll'])
  t.ok(idsOf(fourth).includes(userless))
  t.match(fourth.messages.toString(), /leaves out those without users/)
  clock.advance(day)
  t.same(idsOf(await stage.sync(fourth.state)), [])
  t.equal(stage.asked()['/companies/scroll'], undefined, 'a week begins anew')
})

t.test('without the search, or where its answer does not prove it, the scroll is read', async (t) => {
  const isSearch = ({ path }: { path: string }) => path.startsWith('/companies/search')
  const cases: [string, SimulatorOptions, AnswerEdit | undefined][] = [
    ['an older version answers', { newestVersion: '2.16' }, undefined],
    ['another version is named', {}, (asked) => (isSearch(asked) ? { headers: { 'intercom-version': '2.16' } } : {})],
    [
      'not found',
      {},
      (asked) =>
        isSearch(asked)
          ? {
              status: 404,
              body: '{"type":"error.list","errors":[{"code":"not_found","message":"Resource Not Found"}]}',
            }
          : {},
    ],
    ['another shape', {}, (asked) => (isSearch(asked) ? { body: '{"type":"list","companies":[]}' } : {})],
    [
      'refused',
      {},
      (asked) =>
        isSearch(asked)
          ? { status: 400, body: '{"type":"error.list","errors":[{"code":"parameter_invalid","message":"per_page"}]}' }
          : {},
    ],
    ['broken for good', {}, (asked) => (isSearch(asked) ? { status: 500, body: 'oops' } : {})],
  ]
  for (const [name, options, edit] of cases) {
    const stage = await openStage(t, options, edit)
    const first = await stage.sync()
    t.equal(first.outcome?.failure, undefined, name)
    const [userless = ''] = withUsers(stage, false)
    stage.simulator.workspace.mutate({ stream: 'companies', kind: 'update', ids: [userless] })
    stage.asked()
    stage.clock.advance(day)
    const second = await stage.sync(first.state)
    t.equal(second.outcome?.failure, undefined, name)
    t.same(idsOf(second), [userless], name)
    t.ok(stage.asked()['/companies/scroll'], name)
  }
})

t.test('where a search would not do, the scroll is read in every sync', async (t) => {
  const token = { access_token: 'simulator-token' }
  const cases: [string, object, string[]][] = [
    ['an older version', { ...token }, streams],
    ['no days', { ...token, api_version: '2.17', companies_scroll_days: 0 }, streams],
    ['deletes are told', { ...token, api_version: '2.17', tombstones: 'airbyte' }, streams],
    ['two kinds of children', { ...token, api_version: '2.17' }, [...streams, 'company_notes']],
  ]
  for (const [name, config, selected] of cases) {
    const stage = await openStage(t)
    const first = await stage.sync([], { config, streams: selected })
    stage.asked()
    stage.clock.advance(day)
    await stage.sync(first.state, { config, streams: selected })
    const { '/companies/scroll': scroll, '/companies/search': search } = stage.asked()
    t.ok(scroll, name)
    t.equal(search, undefined, name)
  }
})

t.test('what the search shows half an hour late comes with the next search', async (t) => {
  const stage = await openStage(t)
  const { simulator, clock } = stage
  const [late = ''] = withUsers(stage, true)
  const first = await stage.sync()
  clock.advance(day)
  simulator.workspace.mutate({ stream: 'companies', kind: 'update', ids: [late], lagMs: 30 * minute })
  clock.advance(10 * minute)
  const second = await stage.sync(first.state)
  t.same(idsOf(second), [])
  clock.advance(60 * minute)
  const third = await stage.sync(second.state)
  t.same(idsOf(third), [late])
  t.equal(stage.asked()['/companies/search'] !== undefined, true)
  clock.advance(minute)
  t.same(idsOf(await stage.sync(third.state)), [])
})

t.test('after a state of another connector the list is read whole first', async (t) => {
  const stage = await openStage(t)
  const yesterday = Math.floor(stage.clock.now() / 1000) - 86_400
  const state = [
    { type: 'STREAM', stream: { stream_descriptor: { name: 'companies' }, stream_state: { updated_at: yesterday } } },
  ]
  await stage.sync(state, { streams: ['companies'] })
  const { '/companies/scroll': scroll, '/companies/search': search } = stage.asked()
  t.ok(scroll)
  t.equal(search, undefined)
})

t.test('a search that was cancelled says since when the list was not read', async (t) => {
  const stage = await openStage(t, { companies: 600, largestPage: 15 })
  const first = await stage.sync()
  const [userless = ''] = withUsers(stage, false)
  stage.clock.advance(day)
  stage.simulator.workspace.mutate({ stream: 'companies', kind: 'update', ids: [userless] })
  for (let hours = 0; hours < 20; hours++) {
    stage.clock.advance(day / 24)
    stage.simulator.workspace.mutate({ stream: 'companies', kind: 'update', count: 20 })
  }
  stage.clock.advance(day)
  // With each request a commit is due, and a STATE. The client keeps what came up to one in the middle of the search.
  const monotonic = () => stage.simulator.requests.entries.length * 11_000
  const { commits } = await stage.sync(first.state, { commitClock: { ...systemClock, monotonic } })
  const cut = commits.findLastIndex(({ checkpoints }) => JSON.stringify(checkpoints).includes('"walk":'))
  t.ok(cut >= 0)
  const cancelled = joined(commits.slice(0, cut + 1))
  stage.clock.advance(20 * day)
  stage.asked()
  t.ok(idsOf(await stage.sync(cancelled.state)).includes(userless))
  t.ok(stage.asked()['/companies/scroll'])
})

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('update' as const, 'create' as const),
      count: fc.integer({ min: 1, max: 40 }),
      lagMinutes: fc.integer({ min: 0, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      minutes: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 60, max: 5400 })),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('sync' as const),
      stopAfter: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      goesOn: fc.boolean(),
    }),
  },
)

t.test('any history: nothing is missing after the scroll, nothing twice in a job', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 8, maxLength: 24 }),
      fc.integer({ min: 0, max: 9 }),
      async (steps, days) => {
        const stage = await openStage(t)
        const { simulator, clock } = stage
        const config = { access_token: 'simulator-token', api_version: '2.17', companies_scroll_days: days }
        const known = new Map<string, string>()
        let state: unknown[] = []
        const take = ({ messages }: Pick<Collected, 'messages'>) => {
          const ids = new Set<string>()
          for (const record of recordsOf(messages, 'companies')) {
            const id = String(record.id)
            const version = `${record.updated_at} ${JSON.stringify(record.custom_attributes)}`
            if (ids.has(`${id} ${version}`)) throw new Error(`${id} came twice`)
            ids.add(`${id} ${version}`)
            known.set(id, version)
          }
        }
        const later = (update: unknown[]) => (update.length > 0 ? update : state)
        const sync = async (stopAfter: number | undefined, goesOn: boolean) => {
          const first = await stage.sync(state, { config, ...(stopAfter && { stopAfter }) })
          if (first.outcome || !goesOn) {
            take(first)
            state = later(first.state)
            return
          }
          const rest = await stage.sync(state, { config, held: first.commits })
          const whole = joined([...first.commits, ...rest.commits])
          take(whole)
          state = later(whole.state)
        }
        for (const drawn of steps)
          if (drawn.kind === 'wait') clock.advance(drawn.minutes * 60_000)
          else if (drawn.kind === 'sync') await sync(drawn.stopAfter, drawn.goesOn)
          else
            simulator.workspace.mutate({
              stream: 'companies',
              kind: drawn.kind,
              count: drawn.count,
              lagMs: drawn.lagMinutes * 60_000,
            })
        clock.advance(10 * day)
        await sync(undefined, false)
        for (const company of simulator.workspace.collection('companies').latest()) {
          const { updated_at, custom_attributes } = JSON.parse(company.textIn('2.17').toString())
          const version = `${updated_at} ${JSON.stringify(custom_attributes)}`
          if (known.get(company.plan.id) !== version)
            throw new Error(`${company.plan.id}: ${known.get(company.plan.id)} came, ${version} is there`)
        }
      },
    ),
    { numRuns: 40 },
  )
  t.pass('40 histories')
})
