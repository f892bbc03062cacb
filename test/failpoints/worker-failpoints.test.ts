import t from 'tap'
import { createRandom } from '../../simulator/random.ts'
import { onRealRedis } from '../support/redis.ts'
import { killAtRandom } from './random-kills.ts'
import { killWorkers, workerDeaths } from './worker-kills.ts'
import { openWorkerStage } from './worker-stage.ts'

const seed = 20_261_130

t.test('workers killed at each of their steps lose nothing and repeat nothing', onRealRedis, async (t) => {
  const stage = await openWorkerStage(t, { contacts: 1500, streams: ['contacts', 'companies', 'tags'], seed })
  await killWorkers(stage, workerDeaths(1, createRandom(seed)), (news) => t.comment(news))
  t.same(stage.result.faults, [])
})

t.test('workers killed at ten random moments lose nothing and repeat nothing', onRealRedis, async (t) => {
  const stage = await openWorkerStage(t, { contacts: 1500, streams: ['contacts', 'companies', 'tags'], seed })
  await killAtRandom(stage, 10, createRandom(seed), (news) => t.comment(news))
  t.same(stage.result.faults, [])
})
