import t from 'tap'
import type { Commit } from '../../src/sync/contract/commit.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, joined, judge } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const day = 86_400
const now = Date.UTC(2026, 2, 10, 12) / 1000

/** A workspace in which a second passes with every request, and changes are made when so many searches were asked. */
async function liveWorkspace(
  t: { teardown(close: () => unknown): void },
  options: { newestVersion: string; contacts: number; changes: Record<number, number> },
) {
  const { newestVersion, contacts, changes } = options
  const clock = createManualClock(now * 1000)
  const span = { from: now - 60 * day, to: now }
  const simulator = await listenSimulator(t, { seed: 5, contacts, newestVersion, clock, span, oddities: false })
  let searches = 0
  const baseUrl = await editAnswers(t, simulator, ({ path }) => {
    clock.advance(1000)
    const count = path === '/contacts/search' ? changes[++searches] : undefined
    if (count !== undefined) simulator.workspace.mutate({ kind: 'update', count })
    return {}
  })
  return { simulator, request: { baseUrl, clock, streams: ['contacts'] } }
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
    const changes = newestVersion === '2.16' ? { 3: 900, 44: 3990, 72: 400 } : { 3: 900, 33: 3990, 64: 400 }
    const { simulator, request } = await liveWorkspace(t, { newestVersion, contacts: 5000, changes })
    const { messages } = await collectSync(request)
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
