import t from 'tap'
import { rulesOf } from '../../simulator/oracle/stream-rules.ts'
import { createRandom, integerBetween, pick } from '../../simulator/random.ts'
import { parentOf } from '../../src/streams/parent.ts'
import { findStream } from '../../src/streams/table.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, joined, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const now = Date.UTC(2026, 4, 5)
const DELETED_AT = '_ab_cdc_deleted_at'
const config = { access_token: 'simulator-token', tombstones: 'airbyte' }
const roots = ['contacts', 'conversations', 'companies']
/** Everything that the record of a root shows with an id of its own, or that is cut out of it. */
const rowStreams = [
  ...['contact_tags', 'contact_companies', 'contact_subscriptions', 'contact_social_profiles', 'contact_notes'],
  ...['conversation_contacts', 'conversation_teammates', 'conversation_tags', 'conversation_topics'],
  ...['company_segments', 'company_notes', 'company_tags'],
]
const streams = [...roots, 'conversation_parts', ...rowStreams]
const workspace = {
  ...{ contacts: 30, companies: 30, conversations: 20, longConversations: 0, tickets: 0, activityLogs: 0 },
  ...{ companyNotes: 3, tags: 20, oddities: false },
  // Lists that Intercom's search cuts, so that they are asked for.
  listLengths: {
    tags: Array.from({ length: 25 }, () => 11),
    notes: Array.from({ length: 25 }, (_, place) => place % 13),
  },
}

/** The rows of a destination that deduplicates: of each key the one with the highest cursor, the last of equals. */
function rowsLeft(messages: Buffer, stream: string): { key: string; parent: string }[] {
  const rows = new Map<string, Record<string, unknown>>()
  const { key } = rulesOf(stream)
  const cursor = findStream(stream)?.cursor ?? ''
  for (const row of recordsOf(messages, stream)) {
    const before = rows.get(key(row))
    if (before === undefined || Number(row[cursor]) >= Number(before[cursor])) rows.set(key(row), row)
  }
  const member = parentOf(stream)?.idMember ?? ''
  return [...rows].flatMap(([name, row]) =>
    row[DELETED_AT] === undefined ? [{ key: name, parent: String(row[member]) }] : [],
  )
}

t.test('what a record has shown goes with it when it is gone, wherever the sync is cut', async (t) => {
  const buried = new Map<string, number>()
  for (let seed = 1; seed <= 12; seed++) {
    const random = createRandom(seed, 0x70c)
    const clock = createAcceleratedClock(now, 300)
    // Whether Intercom lists what is deleted as well makes no difference.
    const contactFeeds = pick(random, ['there', 'absent'] as const)
    const intercom = await listenSimulator(t, { ...workspace, clock, seed, contactFeeds })
    // Without notes, nothing but its lists is asked for of a contact.
    const chosen = streams.filter((name) => name !== 'contact_notes' || seed % 2 === 0)
    // A stream that is read whole shows by itself what there is.
    const whole = pick(createRandom(seed, 0x70d), rowStreams)
    const selected = chosen.map((name) => (name === whole ? { name, syncMode: 'full_refresh' } : name))
    const remove = (stream: string) =>
      intercom.workspace.mutate({ stream, kind: 'delete', count: integerBetween(random, 1, 4) })
    const baseUrl = await editAnswers(t, intercom, ({ path }) => {
      // A search or scroll has just shown them.
      const stream = /search|scroll/.test(path) && roots.find((name) => path.includes(name))
      if (stream && random() < 0.7) remove(stream)
      return {}
    })
    const commits = []
    for (;;) {
      const stopAfter = random() < 0.4 ? integerBetween(random, 1, 6) : Infinity
      const held = commits.length > 0 && { held: commits }
      const attempt = await collectSync({ baseUrl, clock, config, streams: selected, stopAfter, ...held })
      commits.push(...attempt.commits)
      if (!attempt.outcome) continue
      t.equal(attempt.outcome.failure, undefined)
      break
    }
    const { messages } = joined(commits)
    const gone = new Set(
      intercom.requests.entries.flatMap(({ path, status }) => (status === 404 ? (path.split('/')[2] ?? []) : [])),
    )
    for (const stream of rowStreams) {
      const tombstones = recordsOf(messages, stream).filter((row) => row[DELETED_AT] !== undefined)
      if (stream === whole) {
        t.same(tombstones, [], `seed ${seed}: ${stream}, which is read whole`)
        continue
      }
      const left = rowsLeft(messages, stream).filter(({ parent }) => gone.has(parent))
      t.same(left, [], `seed ${seed}: ${stream} of records that are gone`)
      for (const row of tombstones) t.ok(gone.has(String(row[parentOf(stream)?.idMember ?? ''])))
      buried.set(stream, (buried.get(stream) ?? 0) + tombstones.length)
    }
  }
  for (const stream of rowStreams) t.ok(buried.get(stream), `${stream} had some`)
})

t.test('rows of what is gone get their tombstones once, although a full refresh asks for it each time', async (t) => {
  const clock = createAcceleratedClock(now, 300)
  const intercom = await listenSimulator(t, { ...workspace, clock, deletedCompanies: false })
  const before = ['companies', 'company_tags']
  let state: unknown[] | undefined
  const sync = async (rowStreamNames: readonly string[]) => {
    const incremental = rowStreamNames.map((name) => ({ name, syncMode: 'incremental' as const }))
    const chosen = [...incremental, { name: 'company_segments', syncMode: 'full_refresh' as const }]
    const synced = await collectSync({ baseUrl: intercom.url, clock, config, streams: chosen, ...(state && { state }) })
    t.equal(synced.outcome?.failure, undefined)
    state = (synced.state as { stream: { stream_descriptor: { name: string } } }[]).filter(
      ({ stream }) => stream.stream_descriptor.name !== 'company_segments',
    )
    return synced.messages
  }
  const counts = (messages: Buffer) =>
    ['companies', 'company_tags', 'company_notes'].map(
      (stream) => recordsOf(messages, stream).filter((row) => row[DELETED_AT] !== undefined).length,
    )
  const first = await sync(before)
  const tags = recordsOf(first, 'company_tags')
  const gone = String(tags[0]?.company_id)
  const its = tags.filter(({ company_id: id }) => id === gone)
  intercom.workspace.mutate({ stream: 'companies', kind: 'delete', ids: [gone] })
  t.same(counts(await sync(before)), [1, its.length, 0])
  t.same(counts(await sync(before)), [0, 0, 0])
  // A stream that begins anew has rows of the company, which the scroll still shows.
  state = state?.filter((one) => !JSON.stringify(one).includes('"company_tags"'))
  const anew = await sync(before)
  t.equal(recordsOf(anew, 'company_tags').filter(({ company_id: id }) => id === gone).length, 2 * its.length)
  t.same(counts(anew), [0, its.length, 0])
  t.same(
    rowsLeft(anew, 'company_tags').filter(({ parent }) => parent === gone),
    [],
  )
  t.same(counts(await sync(before)), [0, 0, 0])
})
