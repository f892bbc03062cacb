import { once } from 'node:events'
import t from 'tap'
import { createRedisClients } from '../../src/redis/redis.ts'
import { createWakeUps, type LogWakeUp } from '../../src/store/log/wake-ups.ts'
import { createDeferred } from '../support/deferred.ts'
import { startRedis } from '../support/redis.ts'
import { startProxy } from '../support/tcp-proxy.ts'

t.test('whoever listens is told that Redis went away, even before the subscription was made', async (t) => {
  const server = await startRedis(t)
  const asked = createDeferred()
  const wire = await startProxy(
    t,
    { path: server.socket },
    {
      async toServer(chunk) {
        if (!chunk.includes('psubscribe')) return
        asked.resolve()
        await new Promise(() => undefined)
      },
    },
  )
  const clients = createRedisClients({ socket: wire.socket }, () => undefined)
  t.teardown(clients.close)
  const subscriber = clients.connect('subscriber')
  const wakeUps = createWakeUps(subscriber)
  await once(subscriber, 'ready')
  await asked.promise
  const told: LogWakeUp[] = []
  wakeUps.listen(1, (wakeUp) => told.push(wakeUp))
  const closed = once(subscriber, 'close')
  await server.kill()
  await closed
  t.same(told, [{ kind: 'lost' }])
})
