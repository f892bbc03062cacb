import t from 'tap'
import { runEstimates } from './run-estimates.ts'

t.test('what is counted is within a fifth of what the sync then reads and asks', async (t) => {
  const { figures } = await runEstimates(12, 600)
  const counted = figures.filter(({ basis }) => basis === 'counted')
  t.ok(counted.length > 40, `${counted.length} of ${figures.length} figures are counted`)
})
