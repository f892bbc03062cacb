import t from 'tap'
import { killWhilePlanning } from './kills.ts'

t.test('workers killed while a large walk is planned fail no job', async (t) => {
  const { faults, kills, repeatedPages } = await killWhilePlanning(t, { kills: 6, latenciesMs: [300, 900], seed: 1 })
  t.same(faults, [])
  t.equal(kills, 6)
  // What was under way when a worker was killed is asked again: the parts of a division, and those of the one before.
  t.ok(repeatedPages <= kills * 16, `${repeatedPages} first pages were asked again`)
})
