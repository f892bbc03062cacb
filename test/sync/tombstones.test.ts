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
const config = { access_token: 'simulator-token', tombstones: 'airbyte' }
const streams = ['contacts', 'conversations']
const workspace = { contacts: 25, companies: 1, conversations: 25, longConversations: 0, oddities: false }
const DELETED_AT = '_ab_cdc_deleted_at'

async function setUp(t: Test, options: SimulatorOptions = {}) {
  const clock = createManualClock(now)
  const intercom = await listenSimulator(t, { ...workspace, clock, ...options })
  const sync = (more: Partial<CollectOptions> = {}) =>
    collectSync({ baseUrl: intercom.url, clock, config, streams, ...more })
  const asked = (path: string) => intercom.requests.entries.filter((entry) => entry.path === path)
  return { ...intercom, clock, sync, asked }
}

type Row = Record<string, unknown>

const warnings = (messages: Buffer): string[] =>
  parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? [log.message] : []))

const tombstonesOf = (messages: Buffer, stream: string): Row[] =>
  recordsOf(messages, stream).filter((record) => record[DELETED_AT] !== undefined)

/** A table as a destination keeps it that deduplicates: of each key the row with the highest cursor, the last of equals. */
class Table {
  readonly #rows = new Map<string, Row>()

  take(messages: Buffer, stream: string): void {
    for (const row of recordsOf(messages, stream)) {
      const before = this.#rows.get(String(row.id))
      if (before === undefined || Number(row.updated_at) >= Number(before.updated_at))
        this.#rows.set(String(row.id), row)
    }
  }

  ids(): string[] {
    return [...this.#rows].flatMap(([id, row]) => (row[DELETED_AT] === undefined ? [id] : [])).toSorted()
  }
}

t.test('what is deleted or merged gets a tombstone, once; what is archived or blocked gets none', async (t) => {
  const intercom = await setUp(t)
  const first = await intercom.sync()
  const { workspace } = intercom
  intercom.clock.advance(day)
  const [merged = ''] = workspace.mutate({ kind: 'merge' })
  const deleted = workspace.mutate({ kind: 'delete', count: 2 })
  workspace.mutate({ kind: 'archive', count: 2 })
  workspace.mutate({ kind: 'block', count: 2 })
  const gone = workspace.mutate({ stream: 'conversations', kind: 'delete', count: 3 })
  const deletedAt = Math.floor(intercom.clock.now() / 1000)
  intercom.clock.advance(hour)
  const second = await intercom.sync({ state: first.state })
  const contacts = tombstonesOf(second.messages, 'contacts')
  t.same(contacts.map(({ id }) => id).toSorted(), [merged, ...deleted].toSorted())
  const into = workspace.contacts.mergedInto(merged)
  t.match(
    contacts.find(({ id }) => id === merged),
    { id: merged, merged_into_id: into, [DELETED_AT]: /^2026-05-06T/ },
  )
  const conversations = tombstonesOf(second.messages, 'conversations')
  t.same(conversations.map(({ id }) => id).toSorted(), gone.toSorted())
  for (const row of conversations) {
    t.equal(row[DELETED_AT], new Date(1000 * deletedAt).toISOString())
    t.equal(row.updated_at, deletedAt + 3600, 'when Intercom was asked, so after every version that has come')
  }
  t.match(second.outcome?.streams, [
    { streamName: 'contacts', rowsSynced: 1, completeness: { tombstones: 3 } },
    { streamName: 'conversations', rowsSynced: 0, completeness: { tombstones: 3 } },
  ])
  const faultsIn = async (messages: Buffer) =>
    (await checkMessages([messages], workspace.truth({ streams }), { ledger: new Map(), expectStreams: [] })).faults
  t.same(await faultsIn(second.messages), [])
  const living = workspace.collection('contacts').latest()[0]?.plan.id ?? ''
  const wrong = Buffer.from(second.messages.toString().replaceAll(merged, living))
  t.match(await faultsIn(wrong), [{ kind: 'unexpected', stream: 'contacts' }], 'the oracle knows a wrong one')
  t.equal(
    second.commits.reduce((sum, { recordCount }) => sum + recordCount, 0),
    1,
  )
  t.equal(
    second.commits.reduce((sum, { tombstoneCount = 0 }) => sum + tombstoneCount, 0),
    6,
  )

  for (let again = 0; again < 2; again++) {
    intercom.clock.advance(again === 0 ? 60_000 : day)
    const quiet = await intercom.sync({ state: second.state })
    t.same(
      streams.map((name) => recordsOf(quiet.messages, name)),
      [[], []],
    )
  }
  workspace.mutate({ kind: 'purge', ids: deleted })
  const purged = await intercom.sync({ state: second.state })
  t.same(recordsOf(purged.messages, 'contacts'), [], 'a contact that is purged was deleted before')
})

t.test('whatever happens, and wherever syncs are cut, what stays is what there is', async (t) => {
  const kinds = ['create', 'update', 'merge', 'archive', 'unarchive', 'block', 'delete', 'purge'] as const
  for (let seed = 1; seed <= 16; seed++) {
    const random = createRandom(seed, 0x70b)
    const intercom = await setUp(t, { seed, deletedConversations: 3, deletedContacts: 5 })
    const { workspace } = intercom
    const tables = new Map(streams.map((name) => [name, new Table()]))
    const told = new Map<string, number>()
    const backs = new Map<string, number>()
    /** Contacts that came back with the time they had: no incremental sync can see that. */
    const late = new Set<string>()
    let state: unknown[] = []
    const act = () => {
      for (let acts = integerBetween(random, 0, 6); acts > 0; acts--) {
        const kind = pick(random, kinds)
        const { inactive } = workspace.contacts
        const before = new Map(inactive.versions().map(({ plan }) => [plan.id, inactive.isDeleted(plan.id)]))
        const ids = workspace.mutate({ kind, count: integerBetween(random, 1, 3) })
        intercom.clock.advance(1000)
        if (kind !== 'unarchive') continue
        for (const id of ids) {
          backs.set(id, (backs.get(id) ?? 0) + 1)
          if (before.get(id) === false) late.add(id)
        }
        if (random() < 0.4)
          workspace.mutate({ stream: 'conversations', kind: pick(random, ['create', 'update', 'delete']) })
        intercom.clock.advance(1000)
      }
    }
    for (let round = 0; round < 5; round++) {
      const commits = []
      for (;;) {
        const stopAfter = random() < 0.5 ? integerBetween(random, 1, 4) : Infinity
        const attempt = await intercom.sync({ state, stopAfter, ...(commits.length > 0 && { held: commits }) })
        commits.push(...attempt.commits)
        if (attempt.outcome) {
          t.equal(attempt.outcome.failure, undefined)
          break
        }
        // Between two attempts as well.
        act()
      }
      const { messages, state: reached } = joined(commits)
      for (const name of streams) {
        tables.get(name)?.take(messages, name)
        for (const { id } of tombstonesOf(messages, name)) told.set(String(id), (told.get(String(id)) ?? 0) + 1)
      }
      // Sometimes the job is forgotten: the next one begins where the state before it was.
      if (random() < 0.8) state = reached
      else told.clear()
      intercom.clock.advance(pick(random, [30_000, 10 * 60_000, 2 * hour, day]))
      act()
      intercom.clock.advance(2 * hour)
    }
    const last = await intercom.sync({ state })
    for (const name of streams) tables.get(name)?.take(last.messages, name)
    const contacts = workspace
      .collection('contacts')
      .latest()
      .map(({ plan }) => plan.id)
    const outOfSight = workspace.contacts.inactive.versions().map(({ plan }) => plan.id)
    const hidden = outOfSight.filter((id) => !contacts.includes(id) && !workspace.contacts.inactive.isDeleted(id))
    const kept = tables.get('contacts')?.ids() ?? []
    t.same(
      kept.filter((id) => !hidden.includes(id)),
      contacts.toSorted(),
      `seed ${seed}: contacts`,
    )
    const conversations = workspace
      .collection('conversations')
      .latest()
      .map(({ plan }) => plan.id)
    t.same(tables.get('conversations')?.ids(), conversations.toSorted(), `seed ${seed}: conversations`)
    for (const [id, times] of told)
      t.ok(times <= 1 + (backs.get(id) ?? 0), `seed ${seed}: ${id} has ${times} tombstones`)
  }
})

t.test('without the option nothing is asked for besides', async (t) => {
  const intercom = await setUp(t)
  const plain = { access_token: 'simulator-token' }
  const { state } = await intercom.sync({ config: plain })
  intercom.workspace.mutate({ kind: 'delete' })
  await intercom.sync({ config: plain, state })
  t.same([...intercom.asked('/contacts/deleted'), ...intercom.asked('/conversations/deleted')], [])
  // A state of before goes on, and brings what was deleted meanwhile.
  const next = await intercom.sync({ state })
  t.equal(tombstonesOf(next.messages, 'contacts').length, 1)
  const whole = await intercom.sync({ streams: streams.map((name) => ({ name, syncMode: 'full_refresh' })) })
  t.same(
    streams.map((name) => tombstonesOf(whole.messages, name)),
    [[], []],
    'a full refresh holds what there is',
  )
})

t.test(
  'a workspace that lists no deleted contacts is told so; what is gone when it is asked for still comes',
  async (t) => {
    const clock = createAcceleratedClock(now, 2000)
    const intercom = await setUp(t, { clock, contactFeeds: 'absent', companies: 20 })
    const all = ['contacts', 'conversations', 'conversation_parts', 'companies', 'company_segments']
    const sync = (state: unknown[]) => intercom.sync({ clock, streams: all, state })
    const first = await sync([])
    t.match(warnings(first.messages), ['contacts: Intercom does not give deleted_contacts (404: User Not Found)'])
    const { workspace } = intercom
    const before = tombstonesOf(first.messages, 'companies').map(({ id }) => String(id))
    const gone = workspace
      .collection('companies')
      .latest()
      .filter(({ plan }) => workspace.companies.deletion(plan) !== undefined)
    t.same(before.toSorted(), gone.map(({ plan }) => plan.id).toSorted(), 'companies whose segments are not there')
    const left = workspace
      .collection('companies')
      .latest()
      .find(({ plan }) => !before.includes(plan.id) && (plan.segments ?? []).length > 0)
    const ids = [left?.plan.id ?? '']
    workspace.mutate({ stream: 'companies', kind: 'update', ids })
    workspace.mutate({ stream: 'companies', kind: 'delete', ids })
    const second = await sync(first.state)
    t.same(
      tombstonesOf(second.messages, 'companies').map(({ id }) => id),
      ids,
    )
    const row = recordsOf(second.messages, 'companies').find(({ id }) => id === ids[0])
    t.ok(Number(tombstonesOf(second.messages, 'companies')[0]?.updated_at) >= Number(row?.updated_at))
    t.same(tombstonesOf((await sync(second.state)).messages, 'companies'), [])
    const memberships = (messages: Buffer) =>
      recordsOf(messages, 'company_segments').filter((row) => row.company_id === ids[0])
    t.ok(memberships(first.messages).length > 0)
    t.same(
      memberships(second.messages).map(({ id, [DELETED_AT]: at }) => [id, typeof at]),
      (left?.plan.segments ?? []).map((id) => [id, 'string']),
      'its memberships, as its record shows them',
    )
  },
)

t.test('a contact that is gone when its lists are asked for gets a tombstone', async (t) => {
  const clock = createAcceleratedClock(now, 2000)
  const options = { clock, contactFeeds: 'absent', listLengths: { tags: [11] }, longLists: 0 } as const
  const intercom = await setUp(t, options)
  const id = intercom.workspace.collection('contacts').log[0]?.plan.id ?? ''
  const baseUrl = await editAnswers(t, intercom, ({ path }) => {
    // The search has just shown it.
    if (path === '/contacts/search') intercom.workspace.mutate({ kind: 'delete', ids: [id] })
    return {}
  })
  const { messages, outcome } = await intercom.sync({ baseUrl, clock, streams: ['contacts'] })
  t.equal(outcome?.failure, undefined)
  t.same(
    tombstonesOf(messages, 'contacts').map((row) => row.id),
    [id],
  )
})

t.test('a contact that comes back, and is deleted again while it is read, gets another tombstone', async (t) => {
  const intercom = await setUp(t)
  const table = new Table()
  const ids = [intercom.workspace.collection('contacts').latest()[3]?.plan.id ?? '']
  intercom.workspace.mutate({ kind: 'delete', ids })
  const first = await intercom.sync()
  table.take(first.messages, 'contacts')
  intercom.clock.advance(day)
  intercom.workspace.mutate({ kind: 'unarchive', ids })
  intercom.clock.advance(hour)
  const baseUrl = await editAnswers(t, intercom, ({ path }) => {
    if (path === '/contacts/search') intercom.workspace.mutate({ kind: 'delete', ids })
    return {}
  })
  const second = await intercom.sync({ baseUrl, state: first.state })
  const came = recordsOf(second.messages, 'contacts').filter(({ id }) => id === ids[0])
  t.match(came, [{ type: 'contact' }, { [DELETED_AT]: /^2026/ }])
  table.take(second.messages, 'contacts')
  t.notOk(table.ids().includes(ids[0] ?? ''))
  t.same(recordsOf((await intercom.sync({ state: second.state })).messages, 'contacts'), [])
})

t.test('a destination that only appends is refused', async (t) => {
  const intercom = await setUp(t)
  const configured = (destination_sync_mode: string) => ({
    catalog: {
      streams: [{ stream: { name: 'contacts', json_schema: {} }, sync_mode: 'incremental', destination_sync_mode }],
    },
    streams: undefined,
  })
  await t.rejects(intercom.sync(configured('append')), {
    code: 'invalid_request',
    faults: [{ pointer: '/config/tombstones', detail: /append_dedup/ }],
  })
  t.equal((await intercom.sync(configured('append_dedup'))).outcome?.failure, undefined)
  await t.rejects(intercom.sync({ config: { ...config, tombstones: 'yes' } }), {
    code: 'invalid_request',
    message: /\/config\/tombstones must be one of none, airbyte/,
  })
})
