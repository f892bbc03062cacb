import t from 'tap'
import { type Clock, systemClock } from '../../src/clock.ts'
import type { SearchWalkJson } from '../../src/sync/state/search-state-schema.ts'
import { createDeferred } from '../support/deferred.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, contactsOf, joined, judge, parseLines } from '../support/engine.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'

const ports = { recordsPerSlice: 100 }

/** The searches of contacts from the n-th request on: whether each asks for the first page of something. */
function searchesOf({ requests }: ListeningSimulator, from = 0) {
  return requests.entries.slice(from).flatMap(({ path, body }) => {
    if (path !== '/contacts/search') return []
    const { pagination, query } = body as { pagination: { starting_after?: string }; query: unknown }
    return { isFirst: pagination.starting_after === undefined, text: JSON.stringify(query) }
  })
}

/** A commit is due every 250 ms. By this clock a busy machine reads no more until then than an idle one. */
const clockOfRequests = ({ requests }: ListeningSimulator, msPerRequest: number): Clock => ({
  ...systemClock,
  monotonic: () => requests.totals.requests * msPerRequest,
})

const firstPagesOf = (searches: ReturnType<typeof searchesOf>) =>
  searches.filter(({ isFirst }) => isFirst).map(({ text }) => text)

t.test('an attempt that dies while a walk is planned is followed by one that goes on with the plan', async (t) => {
  // All but one were updated within a minute, so that parts are divided again and again until they are short enough.
  const bulkEdit = Date.UTC(2026, 0, 1) / 1000
  const simulator = await listenSimulator(t, {
    contacts: 600,
    span: { from: bulkEdit, to: bulkEdit + 60 },
    firstTimes: { contacts: [Date.UTC(2013, 0, 1) / 1000] },
  })
  // Without sockets all requests that are allowed go out at once, and an attempt leaves more of them unanswered.
  const options = { baseUrl: simulator.url, usesSockets: true, streams: ['contacts'], ports: { recordsPerSlice: 20 } }
  await collectSync(options)
  const undisturbed = firstPagesOf(searchesOf(simulator))
  t.ok(undisturbed.length > 15, `${undisturbed.length} first pages`)

  const from = simulator.requests.entries.length
  const commitClock = clockOfRequests(simulator, 40)
  const commits = []
  let planning = 0
  let attempts = 0
  for (;;) {
    const attempt = await collectSync({
      ...options,
      commitClock,
      held: commits,
      stopAfter: commits.length === 0 ? 2 : 1,
    })
    commits.push(...attempt.commits)
    attempts++
    if (attempt.outcome) break
    const latest = attempt.commits.at(-1)
    t.ok(latest?.isProgress, 'what is known of the plan is saved, and is progress')
    if (latest?.recordCount === 0) planning++
  }
  t.ok(planning > 3, `${planning} attempts ended while there was nothing but a plan to save`)
  const pages = firstPagesOf(searchesOf(simulator, from))
  t.equal(pages.filter((text) => text === pages[0]).length, 1, 'the first look is not repeated')
  // Each attempt asks again for what was under way in the lanes of the one before.
  t.ok(pages.length <= undisturbed.length + 32 * attempts, `${pages.length} first pages in ${attempts} attempts`)
  t.same((await judge(simulator, joined(commits).messages)).faults, [])
})

t.test('the first page is the first count, and reading begins with it', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 3000 })
  const firstRecord = createDeferred()
  let searches = 0
  // No other search is answered before the records of the first one have come.
  const baseUrl = await editAnswers(t, simulator, async ({ path }) => {
    if (path.startsWith('/contacts/search') && ++searches > 1) await firstRecord.promise
    return {}
  })
  const { messages } = await collectSync({
    baseUrl,
    streams: ['contacts'],
    ports,
    taken({ recordCount }) {
      if (recordCount > 0) firstRecord.resolve()
    },
  })
  t.same((await judge(simulator, messages)).faults, [])
  const paged = simulator.requests.entries.flatMap(({ path, body }) =>
    path === '/contacts/search' ? (body as { pagination: { per_page: number } }).pagination.per_page : [],
  )
  t.notOk(paged.includes(1), 'no request only counts')
  // Halving by counts before anything was read took 94.
  t.ok(paged.length <= 45, `${paged.length} searches`)
})

t.test('a later job divides on, or reads what is still to be divided as it is', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 3000 })
  const options = { baseUrl: simulator.url, streams: ['contacts'], ports: { recordsPerSlice: 20 } }
  const { messages } = await collectSync(options)
  const lines = messages.toString().split('\n').filter(Boolean)
  const tentative = parseLines(messages).flatMap((message, index) => {
    if (message.type !== 'STATE') return []
    const { walk } = message.state.stream.stream_state.intercom_sync as { walk?: SearchWalkJson }
    return walk?.cutting ? [{ message, index, walk }] : []
  })
  t.ok(tentative.length > 0, `${tentative.length} states of a walk that is still to be divided`)
  let more = 0
  for (const { message, index, walk } of tentative) {
    const firstPages = []
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
      firstPages.push(firstPagesOf(searchesOf(simulator, before)).length)
    }
    const [divided = 0, asItIs = 0] = firstPages
    more += divided - asItIs
  }
  t.ok(more > 0, `${more} more first pages where slices are divided`)
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
  const undisturbed = searchesOf(simulator, before).length
  t.ok(undisturbed > 10, `${undisturbed} pages`)

  const from = simulator.requests.entries.length
  const commitClock = clockOfRequests(simulator, 300)
  const commits = []
  let attempts = 0
  for (;;) {
    attempts++
    const attempt = await collectSync({
      ...options,
      state,
      commitClock,
      held: commits,
      stopAfter: commits.length === 0 ? 2 : 1,
    })
    commits.push(...attempt.commits)
    if (attempt.outcome) break
  }
  t.ok(attempts > 4, `${attempts} attempts`)
  const pages = searchesOf(simulator, from).length
  t.ok(pages <= undisturbed + 2 * attempts, `${pages} pages`)
})
