import t from 'tap'
import { buildSimulator } from '../../simulator/app.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'
import { sendBodies } from './bodies.ts'

const seed = 20_261_130

t.test('no body that can be drawn is answered with a fault of the service, or at length', async (t) => {
  const simulator = buildSimulator({ contacts: 3, companies: 1, conversations: 1, rateLimitPerWindow: 1_000_000 })
  t.teardown(() => simulator.app.close())
  const intercomBaseUrl = await simulator.app.listen({ host: '127.0.0.1', port: 0 })
  const limits = { requestsPerMinute: 1_000_000 }
  const api = await startApp(t, await startRedis(t), { intercomBaseUrl, limits })
  const run = await sendBodies(api.url, { count: 1000, seed })
  t.equal(run.counterexample, undefined, `seed ${seed}`)
  t.ok((run.statuses.get(202) ?? 0) > 10 && (run.statuses.get(400) ?? 0) > 100, 'some are right, and most are not')
})
