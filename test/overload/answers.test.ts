import t from 'tap'
import { takeAnswers } from './answers.ts'

const seed = 20_261_130

t.test('no answer that can be drawn is more than an error of the table, in bounded time and memory', async (t) => {
  const before = process.resourceUsage().maxRSS / 1024
  const run = await takeAnswers(t, { count: 200, seed })
  t.equal(run.counterexample, undefined, `seed ${seed}`)
  t.ok(run.right > 10, `${run.right} right answers`)
  t.ok((run.outcomes.get('read') ?? 0) > 10 && run.outcomes.size > 2, [...run.outcomes].join())
  const grown = process.resourceUsage().maxRSS / 1024 - before
  t.ok(grown < 300, `${Math.round(grown)} MiB more than before`)
})
