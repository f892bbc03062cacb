import t from 'tap'
import type { Commit } from '../../src/sync/contract/commit.ts'
import { collectSync, joined, judge } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const two = ['contacts', 'tags']

t.test('an attempt that dies while a walk is still being planned is continued', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 300 })
  simulator.faults.next([{ match: { path: '/contacts/search' }, holdUntil: 'tags are committed' }])
  const commits: Commit[] = []
  // The second commit holds the tags alone: the contacts have not been counted yet.
  commits.push(...(await collectSync({ streams: two, baseUrl: simulator.url, stopAfter: 2 })).commits)
  t.equal(commits.length, 2)
  simulator.faults.open('tags are committed')
  const rest = await collectSync({ streams: two, baseUrl: simulator.url, held: commits })
  commits.push(...rest.commits)
  t.same((await judge(simulator, joined(commits).messages)).faults, [])
})
