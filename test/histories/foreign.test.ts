import t from 'tap'
import { runHistories } from './histories.ts'

// A busy machine needs more than the usual time limit of a file.
t.setTimeout(600_000)

const seed = 20_261_128

t.test('if somebody else answers any requests, in any way, nothing is missing after the next job', async (t) => {
  const focus = { troubles: new Set(['foreign'] as const) }
  const { totals, counterexample } = await runHistories({ ...focus, count: 30, seed, patienceMs: 60_000 })
  if (counterexample === undefined) t.ok(totals.records > 0)
  else {
    const { path, history, faults } = counterexample
    t.same(faults, [], `npm run histories -- --only foreign --seed ${seed} --path ${path}: ${JSON.stringify(history)}`)
  }
})
