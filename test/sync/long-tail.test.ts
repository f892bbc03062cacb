import t from 'tap'
import type { Commit } from '../../src/sync/contract/commit.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, joined, judge } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const day = 86_400
const now = Date.UTC(2026, 2, 10, 12) / 1000

interface Changes {
  newestVersion: string
  contacts: number
  /** How many contacts change when so many searches were asked. */
  changes?: Record<number, number>
  /** The same for searches of the tail. */
  tailChanges?: Record<number, number>
}

/** A workspace in which a second passes with every request, and changes are made while it is read. */
async function liveWorkspace(
  t: { teardown(close: () => unknown): void },
  { newestVersion, contacts, changes = {}, tailChanges = {} }: Changes,
) {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 60 * day, to: now }
  const simulator = await listenSimulator(t, { seed: 5, contacts, newestVersion, clock, span, oddities: false })
  const searches = { all: 0, ofTail: 0 }
  const baseUrl = await editAnswers(t, simulator, ({ path, asked }) => {
    clock.advance(1000)
    if (path !== '/contacts/search') return {}
    const counts = [changes[++searches.all], isOfTail(asked) ? tailChanges[++searches.ofTail] : undefined]
    for (const count of counts) if (count !== undefined) simulator.workspace.mutate({ kind: 'update', count })
    return {}
  })
  return { simulator, searches, request: { baseUrl, clock, streams: ['contacts'] } }
}

/** Only the tail begins shortly before now, two days for searches by calendar day, and has no end. */
function isOfTail(asked: string): boolean {
  const { query } = JSON.parse(asked) as { query: { value: { operator: string; value: number }[] } }
  return query.value.every(({ operator, value }) => operator === '>' && value >= now - 3 * day)
}

for (const newestVersion of ['2.16', '2.17']) {
  t.test(`API ${newestVersion}: thousands of changes while reading, and a death after every commit`, async (t) => {
    const changes = { 5: 4600 }
    const { simulator, request } = await liveWorkspace(t, { newestVersion, contacts: 5000, changes })
    const commits: Commit[] = []
    for (;;) {
      const attempt = await collectSync({ ...request, stopAfter: 1, held: commits })
      commits.push(...attempt.commits)
      if (attempt.outcome) break
    }
    const report = await judge(simulator, joined(commits).messages, { expectStreams: ['contacts'] })
    t.same(report.faults, [])
    const largest = Math.max(...commits.map(({ position }) => JSON.stringify(position).length))
    t.ok(largest < 350_000, `positions of ${largest} bytes`)
    const growths = commits.flatMap(({ growth = [] }) => growth)
    const added = growths.reduce((sum, { entries }) => sum + entries.length, 0)
    // The versions ask differently: with the newer one the edit is read in a slice, and not in the tail.
    if (newestVersion === '2.16') t.ok(growths.length > 1, 'what does not fit stands beside them')
    // Each record of the edit once when it is remembered and once when it is forgotten, and what was there before.
    t.ok(added <= 2 * 4600 + 4001, `${added} entries, however many attempts there were`)
  })

  t.test(`API ${newestVersion}: thousands of changes while the tail is read`, async (t) => {
    const tailChanges = { 2: 3990, 12: 400, 25: 300 }
    const changes = { 3: 900 }
    const { simulator, searches, request } = await liveWorkspace(t, {
      newestVersion,
      contacts: 5000,
      changes,
      tailChanges,
    })
    const { messages } = await collectSync(request)
    t.ok(searches.ofTail > 25, `${searches.ofTail} searches`)
    const report = await judge(simulator, messages, { expectStreams: ['contacts'] })
    t.same(report.faults, [])
  })

  t.test(`API ${newestVersion}: a bulk edit shortly before the sync does not swell its position`, async (t) => {
    const clock = createManualClock(now * 1000)
    const span = { from: now - 1800, to: now }
    const simulator = await listenSimulator(t, { contacts: 12_000, newestVersion, clock, span, oddities: false })
    const { messages, commits } = await collectSync({ baseUrl: simulator.url, clock, streams: ['contacts'] })
    t.same((await judge(simulator, messages, { expectStreams: ['contacts'] })).faults, [])
    const largest = Math.max(...commits.map(({ position }) => JSON.stringify(position).length))
    t.ok(largest < 300_000, `${largest} bytes`)
  })
}
