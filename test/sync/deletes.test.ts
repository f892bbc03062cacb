import t, { type Test } from 'tap'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { createRandom, integerBetween, pick } from '../../simulator/random.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { type CollectOptions, collectSync, joined, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const now = Date.UTC(2026, 4, 5)
const hour = 3600_000
const day = 24 * hour
const config = { access_token: 'simulator-token', api_version: '2.17' }
const deletes = ['deleted_conversations', 'deleted_contacts', 'contact_activities']
const workspace = { contacts: 30, companies: 1, conversations: 30, longConversations: 0, oddities: false }

async function setUp(t: Test, options: SimulatorOptions = {}) {
  const clock = createManualClock(now)
  const intercom = await listenSimulator(t, { ...workspace, clock, ...options })
  const ledger = new Map()
  const sync = (more: Partial<CollectOptions> = {}) =>
    collectSync({ baseUrl: intercom.url, clock, config, streams: deletes, ...more })
  const faultsIn = async (messages: Buffer, expectStreams = deletes) => {
    const truth = intercom.workspace.truth({ version: '2.17', streams: expectStreams })
    return (await checkMessages([messages], truth, { expectStreams, ledger })).faults
  }
  const asked = (path: string) => intercom.requests.entries.filter((entry) => entry.path === path)
  return { ...intercom, clock, sync, faultsIn, asked }
}

const warnings = (messages: Buffer): string[] =>
  parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? [log.message] : []))

t.test('what was deleted, merged or archived comes, and later what is new of it, each once', async (t) => {
  const intercom = await setUp(t, {
    deletedConversations: 150,
    deletedContacts: 400,
    contactActivities: 330,
    unstableTies: true,
  })
  const first = await intercom.sync()
  t.equal(first.outcome?.failure, undefined)
  t.same(await intercom.faultsIn(first.messages), [])
  t.same(
    deletes.map((name) => recordsOf(first.messages, name).length),
    [150, 400, 330],
  )
  intercom.clock.advance(day)
  const quiet = await intercom.sync({ state: first.state })
  t.same(
    deletes.map((name) => recordsOf(quiet.messages, name).length),
    [0, 0, 0],
  )
  t.equal(intercom.asked('/conversations/deleted').length, 2 * 4 - 1 + 1, 'later one page shows that nothing is new')

  const { workspace } = intercom
  const [merged = ''] = workspace.mutate({ kind: 'merge' })
  const [archived = ''] = workspace.mutate({ kind: 'archive' })
  workspace.mutate({ kind: 'delete', count: 2 })
  workspace.mutate({ kind: 'purge', ids: [archived] })
  const gone = workspace.mutate({ stream: 'conversations', kind: 'delete', count: 3 })
  const second = await intercom.sync({ state: quiet.state })
  t.same(await intercom.faultsIn(second.messages), [])
  t.same(
    recordsOf(second.messages, 'deleted_conversations')
      .map(({ id }) => id)
      .toSorted(),
    gone.toSorted(),
  )
  t.match(
    recordsOf(second.messages, 'deleted_contacts').find(({ id }) => id === merged),
    { status: 'merged', merged_into_id: /^\w+$/ },
  )
  t.equal(recordsOf(second.messages, 'deleted_contacts').length, 4)
  t.equal(recordsOf(second.messages, 'contact_activities').length, 3)
  t.same(warnings(second.messages), [])
})

t.test('wherever a sync is cut, the next attempt brings the rest, and nothing twice', async (t) => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = createRandom(seed, 0xde1)
    const intercom = await setUp(t, {
      seed,
      deletedConversations: integerBetween(random, 0, 200),
      deletedContacts: integerBetween(random, 0, 400),
      contactActivities: integerBetween(random, 0, 400),
    })
    let state: unknown[] = []
    for (let round = 0; round < 3; round++) {
      const begun = await intercom.sync({ state, stopAfter: integerBetween(random, 1, 6) })
      const rest = begun.outcome ? [] : (await intercom.sync({ state, held: begun.commits })).commits
      const whole = joined([...begun.commits, ...rest])
      t.same(await intercom.faultsIn(whole.messages), [], `seed ${seed}, round ${round}`)
      state = whole.state
      intercom.clock.advance(pick(random, [1, 200_000, hour, day]))
      for (const kind of ['create', 'archive', 'delete', 'unarchive', 'purge'] as const)
        intercom.workspace.mutate({ kind, count: integerBetween(random, 0, 4) })
      intercom.workspace.mutate({ stream: 'conversations', kind: 'delete', count: integerBetween(random, 0, 4) })
    }
  }
})

t.test('an order that Intercom does not keep ends no reading too early', async (t) => {
  const intercom = await setUp(t, { deletedConversations: 200 })
  const streams = ['deleted_conversations']
  const first = await intercom.sync({ streams })
  intercom.clock.advance(day)
  const ids = intercom.workspace.mutate({ stream: 'conversations', kind: 'delete', count: 3 })
  const baseUrl = await editAnswers(t, intercom, ({ path, body }) => {
    if (!path.startsWith('/conversations/deleted')) return {}
    const answer = JSON.parse(body) as { conversations: object[]; pages: { page: number } }
    // The newest are on the last page.
    const { page } = answer.pages
    if (page === 1)
      return { body: JSON.stringify({ ...answer, conversations: answer.conversations.slice(3).toReversed() }) }
    return {}
  })
  const asked = intercom.asked('/conversations/deleted').length
  await intercom.sync({ baseUrl, streams, state: first.state })
  t.ok(intercom.asked('/conversations/deleted').length - asked > 4, 'all pages are read')
  const next = await intercom.sync({ streams, state: first.state })
  t.same(
    recordsOf(next.messages, 'deleted_conversations')
      .map(({ id }) => id)
      .toSorted(),
    ids.toSorted(),
  )
})

t.test('a workspace without the lists is told so, and the other streams come', async (t) => {
  const clock = createAcceleratedClock(now, 2000)
  const intercom = await setUp(t, { clock, contactFeeds: 'absent', deletedConversations: 3 })
  const { outcome, messages } = await intercom.sync({ clock })
  t.same(
    outcome?.streams.map(({ streamName, status }) => [streamName, status]),
    [
      ['deleted_conversations', 'COMPLETE'],
      ['deleted_contacts', 'INCOMPLETE'],
      ['contact_activities', 'INCOMPLETE'],
    ],
  )
  t.match(outcome?.failure, { code: 'stream_unavailable', failureType: 'config_error' })
  t.equal(intercom.asked('/contacts/deleted').length, 2, 'Intercom is asked twice')
  t.equal(recordsOf(messages, 'deleted_conversations').length, 3)
})

t.test('an empty answer of contact activities proves nothing', async (t) => {
  const options = { contactActivities: 170 }
  const intercom = await setUp(t, options)
  const streams = ['contact_activities']
  const first = await intercom.sync({ streams })
  intercom.clock.advance(day)
  const isOf = ({ path }: { path: string }) => path.startsWith('/contacts/activities')
  const nothing = JSON.stringify({ type: 'list', data: [], pages: { type: 'pages', next: null } })
  const baseUrl = await editAnswers(t, intercom, (answer) => (isOf(answer) ? { body: nothing } : {}))
  intercom.workspace.mutate({ kind: 'create', count: 2 })
  const blind = await intercom.sync({ baseUrl, streams, state: first.state })
  t.same(recordsOf(blind.messages, 'contact_activities'), [])
  t.match(warnings(blind.messages), ['Intercom gave nothing where it gave 20 events before'])
  t.same(blind.state, first.state, 'nothing is passed over')
  const last = await intercom.sync({ streams, state: blind.state })
  t.equal(recordsOf(last.messages, 'contact_activities').length, 2)

  const fresh = await intercom.sync({ baseUrl, streams })
  const whole = await intercom.sync({ streams, state: fresh.state })
  t.equal(recordsOf(whole.messages, 'contact_activities').length, 172)
})

t.test('a cursor that Intercom no longer knows is done without', async (t) => {
  const intercom = await setUp(t, { contactActivities: 400 })
  const streams = ['contact_activities']
  const first = await intercom.sync({ streams })
  intercom.clock.advance(day)
  intercom.workspace.mutate({ kind: 'create', count: 2 })
  const state = JSON.parse(
    JSON.stringify(first.state).replaceAll(/"starting_after":"[^"]*"/g, '"starting_after":"gone"'),
  )
  const { outcome, messages } = await intercom.sync({ streams, state })
  t.equal(outcome?.failure, undefined)
  const created = recordsOf(messages, 'contact_activities').filter(({ created_at: time }) => Number(time) * 1000 > now)
  t.equal(created.length, 2)
  t.ok(recordsOf(messages, 'contact_activities').length < 100)
})
