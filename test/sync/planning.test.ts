import t from 'tap'
import type { SearchWalkJson } from '../../src/sync/state/search-state-schema.ts'
import { type ListeningSimulator, listenSimulator } from '../simulator/listening-simulator.ts'
import { collectSync, contactsOf, joined, judge, parseLines } from '../support/engine.ts'

const everything = Number.POSITIVE_INFINITY
const ports = { recordsPerSlice: 100 }

/** The searches of contacts from the n-th request on: whether each asks for a count or for a page, and what for. */
function searchesOf({ requests }: ListeningSimulator, from = 0) {
  return requests.entries.slice(from).flatMap(({ path, body }) => {
    if (path !== '/contacts/search') return []
    const { pagination } = body as { pagination: { per_page: number } }
    return { kind: pagination.per_page === 1 ? ('count' as const) : ('page' as const), text: JSON.stringify(body) }
  })
}

const countsOf = (searches: ReturnType<typeof searchesOf>) =>
  searches.filter(({ kind }) => kind === 'count').map(({ text }) => text)

t.test('an attempt that dies while a walk is planned is followed by one that goes on with the plan', async (t) => {
  // All but one were updated within a minute, so that count follows count until a stretch is short enough.
  const bulkEdit = Date.UTC(2026, 0, 1) / 1000
  const simulator = await listenSimulator(t, {
    contacts: 600,
    span: { from: bulkEdit, to: bulkEdit + 60 },
    firstTimes: { contacts: [Date.UTC(2013, 0, 1) / 1000] },
  })
  const options = { baseUrl: simulator.url, streams: ['contacts'], ports }
  await collectSync(options)
  const undisturbed = countsOf(searchesOf(simulator))
  t.ok(undisturbed.length > 25, `${undisturbed.length} counts`)

  const from = simulator.requests.entries.length
  simulator.faults.next([{ match: { path: '/contacts/search' }, delayMs: 60, repeat: everything }])
  const commits = []
  let planning = 0
  for (;;) {
    const attempt = await collectSync({ ...options, held: commits, stopAfter: commits.length === 0 ? 2 : 1 })
    commits.push(...attempt.commits)
    if (attempt.outcome) break
    const latest = attempt.commits.at(-1)
    t.ok(latest?.isProgress, 'what has been counted is saved, and is progress')
    if (latest?.recordCount === 0) planning++
  }
  t.ok(planning > 3, `${planning} attempts ended while there was nothing but a plan to save`)
  const counts = countsOf(searchesOf(simulator, from))
  const distinct = new Set(counts).size
  // The walk begins at another second: a stretch at the border may have to be halved once more or less.
  t.ok(Math.abs(distinct - undisturbed.length) <= 4, `${distinct} stretches were counted`)
  t.equal(counts.filter((text) => text === counts[0]).length, 1, 'the first look is not repeated')
  const repeated = counts.length - distinct
  t.ok(repeated <= 2 * planning, `${repeated} counts, under way when an attempt died, were asked again`)
  t.same((await judge(simulator, joined(commits).messages)).faults, [])
})

t.test('reading begins before the plan is complete, and takes no more requests', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 3000 })
  const whole = await collectSync({ baseUrl: simulator.url, streams: ['contacts'], ports })
  t.same((await judge(simulator, whole.messages)).faults, [])
  const searches = searchesOf(simulator)
  const firstPage = searches.findIndex(({ kind }) => kind === 'page')
  const lastCount = searches.findLastIndex(({ kind }) => kind === 'count')
  t.ok(firstPage < lastCount / 2, `page ${firstPage}, count ${lastCount}`)
  // Halving everything before anything was read took 94.
  t.ok(searches.length <= 94 + 4, `${searches.length} searches`)
})

t.test('a later job cuts on, or reads what is still to be cut as it is', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 3000 })
  const options = { baseUrl: simulator.url, streams: ['contacts'], ports }
  const { messages } = await collectSync(options)
  const lines = messages.toString().split('\n').filter(Boolean)
  const tentative = parseLines(messages).flatMap((message, index) => {
    if (message.type !== 'STATE') return []
    const { walk } = message.state.stream.stream_state.intercom_sync as { walk?: SearchWalkJson }
    return walk?.cutting ? [{ message, index, walk }] : []
  })
  t.ok(tentative.length > 0, `${tentative.length} states of a walk that is still to be cut`)
  for (const { message, index, walk } of tentative)
    for (const cuts of [true, false]) {
      // An earlier version knows nothing of cutting.
      if (!cuts) delete walk.cutting
      const before = simulator.requests.entries.length
      const rest = await collectSync({ ...options, state: [message.state] })
      const ids = new Set(
        [...contactsOf(Buffer.from(lines.slice(0, index + 1).join('\n'))), ...contactsOf(rest.messages)].map(
          ({ id }) => id,
        ),
      )
      t.equal(ids.size, 3025)
      const counted = countsOf(searchesOf(simulator, before)).length
      t.ok(cuts ? counted > 1 : counted === 1, `${counted} counts, the first look among them`)
    }
})

t.test('pages that bring no record are not read again by the next attempt', async (t) => {
  const now = Math.floor(Date.now() / 1000)
  const simulator = await listenSimulator(t, {
    contacts: 1500,
    span: { from: now - 1200, to: now - 600 },
    oddities: false,
  })
  const options = { baseUrl: simulator.url, streams: ['contacts'], config: { access_token: 'simulator-token' } }
  const { state } = await collectSync(options)
  const before = simulator.requests.entries.length
  const again = await collectSync({ ...options, state })
  t.same(contactsOf(again.messages), [])
  const undisturbed = searchesOf(simulator, before).filter(({ kind }) => kind === 'page').length
  t.ok(undisturbed > 10, `${undisturbed} pages`)

  const from = simulator.requests.entries.length
  simulator.faults.next([{ match: { path: '/contacts/search' }, delayMs: 100, repeat: everything }])
  const commits = []
  let attempts = 0
  for (;;) {
    attempts++
    const attempt = await collectSync({ ...options, state, held: commits, stopAfter: commits.length === 0 ? 2 : 1 })
    commits.push(...attempt.commits)
    if (attempt.outcome) break
  }
  t.ok(attempts > 4, `${attempts} attempts`)
  const pages = searchesOf(simulator, from).filter(({ kind }) => kind === 'page').length
  t.ok(pages <= undisturbed + 2 * attempts, `${pages} pages`)
})
