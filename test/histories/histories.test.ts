import t from 'tap'
import { runHistories } from './histories.ts'

// A busy machine needs more than the usual time limit of a file.
t.setTimeout(600_000)

const seed = 20_260_505

t.test(
  'whichever STATEs jobs continue from, the records delivered up to them and afterwards are the truth',
  async (t) => {
    const { totals, counterexample } = await runHistories({ count: 100, seed, patienceMs: 60_000 })
    if (counterexample === undefined) t.ok(totals.records > 0)
    else {
      const { path, history, faults } = counterexample
      t.same(faults, [], `npm run histories -- --seed ${seed} --path ${path}: ${JSON.stringify(history)}`)
    }
  },
)
