import t from 'tap'
import { onRealRedis } from '../support/redis.ts'
import { runHistories } from './histories.ts'

// A busy machine takes longer than the usual limit of a file.
t.setTimeout(1_200_000)

t.test('whatever is done with a connection, and whatever dies, it is what the model says', onRealRedis, async (t) => {
  const { totals, counterexample } = await runHistories(t, {
    count: 15,
    mostCommands: 30,
    seed: 20_261_130,
    patienceMs: 60_000,
  })
  t.comment(JSON.stringify(totals))
  if (counterexample) t.same(counterexample.faults, [], `${counterexample.replay}: ${counterexample.commands}`)
  else t.ok(Math.min(totals.commands, totals.scheduledJobs, totals.messages) > 0, JSON.stringify(totals))
})
