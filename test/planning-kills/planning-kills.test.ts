import t from 'tap'
import { killWhilePlanning } from './kills.ts'

t.test('workers killed while a large walk is planned fail no job', async (t) => {
  const { faults, kills, repeatedCounts } = await killWhilePlanning(t, { kills: 6, latenciesMs: [300, 900], seed: 1 })
  t.same(faults, [])
  t.equal(kills, 6)
  // What was under way when a worker was killed is asked again, a count of each of the eight lanes at the most.
  t.ok(repeatedCounts <= kills * 8, `${repeatedCounts} counts were asked again`)
})
