import t from 'tap'
import { collectSync, joined, judge } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const two = ['contacts', 'tags']
/** As many pages and slices as of 7,000 contacts, each a sixth as large: a sync is continued here a hundred times. */
const small = { contacts: 1200, largestPage: 25 }
const ports = { recordsPerSlice: 500 }

for (const newestVersion of ['2.16', '2.17']) {
  t.test(
    `API ${newestVersion}: an attempt that dies after any commit is continued with nothing lost or twice`,
    async (t) => {
      const simulator = await listenSimulator(t, { seed: 3, ...small, newestVersion })
      const whole = await collectSync({ streams: two, baseUrl: simulator.url, ports })
      t.ok(whole.commits.length > 20, `${whole.commits.length} commits`)
      for (const stopAfter of [1, 2, 3, 5, 8, 13, 20]) {
        const commits = []
        // Dies after so many commits again and again, until the sync is through.
        for (;;) {
          const attempt = await collectSync({ streams: two, baseUrl: simulator.url, stopAfter, held: commits, ports })
          commits.push(...attempt.commits)
          if (attempt.outcome) break
        }
        const report = await judge(simulator, joined(commits).messages)
        t.same(report.faults, [], `died after every ${stopAfter} commits`)
        t.equal(report.streams.contacts?.setHash, report.streams.contacts?.truthHash)
      }
    },
  )

  t.test(`API ${newestVersion}: a later job goes on from any STATE without a gap`, async (t) => {
    const simulator = await listenSimulator(t, { seed: 4, contacts: 7000, newestVersion })
    const sync = { baseUrl: simulator.url, streams: ['contacts'] }
    const whole = await collectSync(sync)
    const lines = whole.messages.toString().split('\n').filter(Boolean)
    const states = lines.flatMap((line, index) => (line.startsWith('{"type":"STATE"') ? [index] : []))
    t.ok(states.length >= 7, `${states.length} states`)
    for (const index of states) {
      const message = JSON.parse(lines[index] ?? '') as { state: unknown }
      const held = lines.slice(0, index + 1)
      const rest = await collectSync({ ...sync, state: [message.state] })
      const records = [...held, ...rest.messages.toString().split('\n')].filter((line) =>
        line.startsWith('{"type":"RECORD"'),
      )
      const ids = new Set(
        records.map((line) => (JSON.parse(line) as { record: { data: { id: string } } }).record.data.id),
      )
      t.equal(ids.size, 7025, `held ${index + 1} messages`)
      t.ok(records.length < 7025 + 1200, `${records.length} records for ${ids.size} contacts`)
    }
  })
}
