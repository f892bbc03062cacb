import t from 'tap'
import { onRealRedis } from '../support/redis.ts'
import { runSchedules } from './run.ts'

t.test('no due time runs twice or is skipped without being counted, whatever dies', onRealRedis, async (t) => {
  const result = await runSchedules(t, {
    dueTimes: 12,
    every: 'PT1S',
    seed: 1,
    apis: 1,
    workers: 2,
    faultsEvery: [1500, 3000],
    tell: (news) => t.comment(news),
  })
  t.comment(JSON.stringify(result))
  t.same(result.faults, [])
  t.ok(result.jobs > 1)
  t.ok(result.redisStops + result.workersKilled > 1)
})
