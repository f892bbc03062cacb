import { pino } from 'pino'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { createLaterInspection } from '../../src/redis/checks/inspect.ts'
import { createRedisClients, untilReady } from '../../src/redis/redis.ts'
import { checkReadiness } from '../../src/roles/readiness.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { createSkippingClock } from '../support/accelerated-clock.ts'
import { startApp } from '../support/app.ts'
import { provideRedis, serveOnRedis } from '../support/provided-redis.ts'
import { onRealRedis } from '../support/redis.ts'

t.test('readiness goes on trying what the start has tried', onRealRedis, async (t) => {
  const server = await provideRedis(t)
  const admin = server.connect()
  await admin.acl('SETUSER', 'sync', 'on', '>secret', '~*', '&*', '+@all')
  const address = { url: `redis://sync:secret@127.0.0.1:${server.port}`, variable: 'REDIS_URL' }
  const clients = createRedisClients(address, () => undefined)
  t.teardown(clients.close)
  const redis = clients.connect('failFast')
  await untilReady(redis, AbortSignal.timeout(5000))
  const clock = createSkippingClock(systemClock.now(), 1)
  const logger = pino({ level: 'silent' })
  const inspectAgain = createLaterInspection(address, {
    prefix: 'intercom-sync',
    logLimitBytes: 2 ** 28,
    clock,
    logger,
  })
  const keys = [encryptionKey('test', Buffer.alloc(32))]
  const app = await startApp(
    t,
    { connect: () => redis },
    { keys, ready: () => checkReadiness(redis, keys, inspectAgain) },
  )
  const ask = async () => {
    clock.advance(10_000)
    const answer = await app.fetch('/health/ready')
    const { code, detail } = (await answer.json()) as { code?: string; detail?: string }
    t.notMatch(detail ?? '', `${server.port}`, 'nothing says where Redis is')
    return { status: answer.status, code, detail }
  }
  const faults: [spoil: string[], told: RegExp, mend: string[]][] = [
    [
      ['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'],
      /^Redis evicts keys \(maxmemory-policy allkeys-lru\)/,
      ['CONFIG', 'SET', 'maxmemory-policy', 'noeviction'],
    ],
    [
      ['ACL', 'SETUSER', 'sync', '-xadd'],
      /a right that it needs: commands \(xadd\)/,
      ['ACL', 'SETUSER', 'sync', '+xadd'],
    ],
    [
      ['ACL', 'SETUSER', 'sync', '-psubscribe'],
      /a right that it needs: commands \(psubscribe\)/,
      ['ACL', 'SETUSER', 'sync', '+psubscribe'],
    ],
  ]
  t.match(await ask(), { status: 200 })
  for (const [spoil, told, mend] of faults) {
    const [command = '', ...args] = spoil
    await admin.call(command, ...args)
    t.match(await ask(), { status: 503, code: 'store_unavailable', detail: told }, spoil.join(' '))
    t.match(await ask(), { status: 503, detail: told })
    const [mendingCommand = '', ...mendingArgs] = mend
    await admin.call(mendingCommand, ...mendingArgs)
    t.match(await ask(), { status: 200 })
  }
  await admin.acl('SETUSER', 'sync', 'resetpass', '>other')
  t.match(await ask(), { status: 200 }, 'the connections that are there still serve')
})

t.test('a service is not ready on a Redis that has begun to evict keys', onRealRedis, async (t) => {
  const server = await provideRedis(t)
  const service = await serveOnRedis(t, { REDIS_URL: `redis://127.0.0.1:${server.port}` })
  await server.connect().config('SET', 'maxmemory-policy', 'volatile-lru')
  const answer = await service.fetch('/health/ready')
  t.equal(answer.status, 503)
  t.match(await answer.json(), { code: 'store_unavailable', detail: /evicts keys \(maxmemory-policy volatile-lru\)/ })
})
