import t from 'tap'
import { onRealRedis } from '../support/redis.ts'
import { apiDeaths, killApis } from './api-kills.ts'
import { openApiStage } from './api-stage.ts'
import { killStarts } from './start-kills.ts'

const warnings: string[] = []
process.on('warning', ({ message }) => warnings.push(message))

t.test(
  'an API killed at each of its steps: callers repeat the call, and all is as if nobody had died',
  onRealRedis,
  async (t) => {
    const stage = await openApiStage(t)
    await killApis(stage, apiDeaths(1), (outcome, expected, told) => t.same(outcome, expected, told))
    t.same(warnings, [], 'many readers that have left, and are waited for, are no leak')
  },
)

t.test('a service killed at each step of its start starts the next time', onRealRedis, async (t) => {
  t.same(await killStarts(t), [])
})
