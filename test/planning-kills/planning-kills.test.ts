import t from 'tap'
import { killWhilePlanning } from './kills.ts'

for (const latencyMs of [300, 900])
  t.test(`workers killed while a large walk is planned, ${latencyMs} ms an answer, fail no job`, async (t) => {
    const { faults, kills, repeatedCounts } = await killWhilePlanning(t, { kills: 3, latencyMs, seed: latencyMs })
    t.same(faults, [])
    t.equal(kills, 3)
    // What had been asked and not saved when a worker was killed is asked again: one look or a lane's count per kill.
    t.ok(repeatedCounts <= kills * 8, `${repeatedCounts} counts were asked again`)
  })
