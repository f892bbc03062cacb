import t from 'tap'
import { onRealRedis } from '../support/redis.ts'
import { apiDeaths, killApis } from './api-kills.ts'
import { openApiStage } from './api-stage.ts'

t.test('an API killed at each of its steps: its callers repeat the call, and all is as if nobody had died', onRealRedis, async (t) => {
  const stage = await openApiStage(t)
  await killApis(stage, apiDeaths(1), (outcome, expected, told) => t.same(outcome, expected, told))
})
