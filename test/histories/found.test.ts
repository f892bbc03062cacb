import t from 'tap'
import { foundHistories } from './found.ts'
import { runQuickly } from './histories.ts'

for (const { fault, history } of foundHistories)
  t.test(`fixed: ${fault}`, async (t) => {
    const { faults, records } = await runQuickly(history)
    t.ok(records > 0)
    t.same(faults, [])
  })
