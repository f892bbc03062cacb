import t from 'tap'
import { onRealRedis } from '../support/redis.ts'
import { runSchedules } from './schedules.ts'

// A busy machine takes longer than the usual limit of a file.
t.setTimeout(1_200_000)

// Its first six schedules have steps of every kind.
const seed = 20_261_363

t.test(
  'whoever acts on one service, and whatever becomes of it, each gets its own, and all of it',
  onRealRedis,
  async (t) => {
    const { totals, counterexample } = await runSchedules(t, { count: 6, seed, patienceMs: 60_000 })
    if (counterexample === undefined) {
      // Whether an armed process gets as far as its death depends on the machine.
      const { deaths: _, ...sure } = totals
      t.ok(Math.min(...Object.values(sure)) > 0, JSON.stringify(totals))
    } else {
      const { path, schedule, faults } = counterexample
      t.same(faults, [], `npm run schedules -- --seed ${seed} --path ${path}: ${JSON.stringify(schedule)}`)
    }
  },
)
