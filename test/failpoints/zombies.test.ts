import t from 'tap'
import { createRandom } from '../../simulator/random.ts'
import { onRealRedis } from '../support/redis.ts'
import { openWorkerStage } from './worker-stage.ts'
import { drawSleeps, wakeZombies } from './zombies.ts'

const seed = 20_261_130

t.test('workers that wake after their successors have got on write nothing more', onRealRedis, async (t) => {
  const stage = await openWorkerStage(t, { contacts: 1500, streams: ['contacts'], seed })
  await wakeZombies(stage, drawSleeps(5, createRandom(seed)), (news) => t.comment(news))
  t.same(stage.result.faults, [])
})
