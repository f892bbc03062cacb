import type { Redis } from 'ioredis'
import t from 'tap'
import { neededCommands } from '../../src/redis/checks/trial-commands.ts'
import { readBlocks } from '../support/documents.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { provideRedis, serveOnRedis, tryStart } from '../support/provided-redis.ts'
import { onRealRedis } from '../support/redis.ts'

const [, , user = '', ...documented] =
  readBlocks('docs/operations.md')
    .find(({ text }) => text.startsWith('ACL SETUSER'))
    ?.text.trim()
    .split(/[\s\\]+/) ?? []
const rule = documented.map((part) => (part.startsWith('>') ? '>secret' : part))

const setUser = (redis: Redis, parts: string[]) => redis.acl('SETUSER', user, 'reset', ...parts)
/** The user may make no other call than those of the rule: Redis logs each that it refuses. */
const refusals = async (redis: Redis) => (await redis.call('ACL', 'LOG')) as unknown[]

t.test('the smallest rule of the guide is what the start tries, and nothing more', async (t) => {
  const commands = rule.filter((part) => part.startsWith('+')).map((part) => part.slice(1))
  t.same(commands.toSorted(), [...neededCommands, 'info', 'select'].toSorted())
  t.same(
    rule.filter((part) => !part.startsWith('+')),
    [
      'on',
      '>secret',
      '~intercom-sync:*',
      'resetchannels',
      '&intercom-sync:cancel',
      '&intercom-sync:changed:*',
      '-@all',
    ],
  )
})

t.test('whole jobs run with the smallest rule, and Redis has nothing to refuse', onRealRedis, async (t) => {
  const server = await provideRedis(t, ['--appendonly', 'yes'])
  const redis = server.connect()
  const intercom = await listenSimulator(t, { contacts: 400, companies: 3 })
  for (const parts of [rule, rule.filter((part) => part !== '+info')]) {
    await redis.flushall()
    await redis.config('RESETSTAT')
    await redis.call('ACL', 'LOG', 'RESET')
    await setUser(redis, parts)
    const service = await serveOnRedis(t, {
      REDIS_URL: `redis://${user}:secret@127.0.0.1:${server.port}/1`,
      INTERCOM_BASE_URL: intercom.url,
    })
    const config = { access_token: 'simulator-token' }
    const streams = ['contacts', 'companies', 'tags']
    await service.call('/v1/connections/acme', {
      method: 'PUT',
      body: { config, streams, schedule: { type: 'interval', every: 'PT1H' } },
    })
    const { jobId } = await service.call<{ jobId: number }>('/v1/jobs', { body: { connectionId: 'acme' } })
    const messages = await (await service.fetch(`/v1/jobs/${jobId}/messages`)).text()
    t.match(await service.call(`/v1/jobs/${jobId}`), { status: 'succeeded' })
    const offset = messages.trimEnd().split('\n').length
    t.match(await service.call(`/v1/jobs/${jobId}/ack`, { body: { offset } }), { offset })
    const live = await service.fetch('/v1/jobs', {
      method: 'POST',
      headers: { accept: 'application/x-ndjson', 'idempotency-key': 'once' },
      body: JSON.stringify({ config, streams }),
    })
    await live.text()
    t.match(await service.call('/v1/jobs'), { data: [{ status: 'succeeded' }, { status: 'succeeded' }] })
    t.match(await service.call('/v1/connections'), { data: [{ connectionId: 'acme' }] })
    t.equal((await service.fetch('/health/ready')).status, 200)
    t.match(await (await service.fetch('/metrics')).text(), /^intercom_sync_redis_up 1$/m)
    await service.call('/v1/connections/acme', { method: 'DELETE' })
    t.equal(await service.process.end('SIGTERM'), 0)
    t.equal(/INFO/.test(service.process.stderr()), parts !== rule, 'what cannot be promised is told')
    const refused = (await refusals(redis)).map((entry) => JSON.stringify(entry))
    t.same(
      refused.filter((entry) => parts === rule || !entry.includes('info')),
      [],
    )
  }
  await redis.flushall()
})

t.test('each part of the rule that is left out is found at the start by its name', onRealRedis, async (t) => {
  const server = await provideRedis(t, ['--appendonly', 'yes'])
  const redis = server.connect()
  const REDIS_URL = `redis://${user}:secret@127.0.0.1:${server.port}/1`
  const left = rule.filter((part) => /^[+~&]/.test(part) && part !== '+info')
  t.ok(left.length > 55)
  for (const part of left) {
    await setUser(
      redis,
      rule.filter((other) => other !== part),
    )
    const { refusal, tookMs } = await tryStart({ REDIS_URL })
    t.ok(refusal.includes(part), `${part}: ${refusal}`)
    t.ok(refusal.startsWith('REDIS_URL: '), refusal)
    t.ok(tookMs < 5000)
  }
  await setUser(redis, [...rule.filter((part) => !/^[~&]/.test(part)), '~*', '&intercom-sync:*'])
  t.match((await tryStart({ REDIS_URL })).refusal, /ACL SETUSER intercom-sync '&intercom-sync:changed:\*'$/)
  await setUser(redis, ['on', '>secret', '~*', '+@all', 'resetchannels'])
  t.match(await tryStart({ REDIS_URL, REDIS_PREFIX: 'staging' }), { refusal: /&staging:cancel/ })
  await setUser(redis, rule)
  t.match(await tryStart({ REDIS_URL }), { refusal: '', inspection: { allowsInfo: true }, warnings: [] })
  await setUser(
    redis,
    rule.filter((part) => part !== '+info'),
  )
  t.match(await tryStart({ REDIS_URL }), { inspection: { allowsInfo: false }, warnings: [/INFO.*\+info/] })
  await redis.select(1)
  const remaining = await redis.keys('*')
  t.ok(remaining.length < 7, 'only the trial without DEL leaves keys')
  for (const key of remaining) t.ok((await redis.pttl(key)) > 0, `${key} goes by itself`)
})
