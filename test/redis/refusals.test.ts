import { once } from 'node:events'

import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'

import type { Redis } from 'ioredis'
import t from 'tap'
import { type ClientProfile, createRedisClients, untilReady } from '../../src/redis/redis.ts'
import { checkReadiness } from '../../src/roles/readiness.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { startApp } from '../support/app.ts'
import { findFreePort } from '../support/free-port.ts'
import { untilHolds } from '../support/polling.ts'
import { runCompiled } from '../support/processes.ts'
import { provideRedis, tryStart } from '../support/provided-redis.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'

t.test('what keeps a service from its Redis is told at once by its name', onRealRedis, async (t) => {
  const server = await provideRedis(t, ['--databases', '2', '--requirepass', 'pass-word'])
  const redis = createRedisClients({ url: `redis://:pass-word@127.0.0.1:${server.port}` }, () => undefined)
  t.teardown(redis.close)
  const admin = redis.connect('waitForever')
  await admin.acl('SETUSER', 'sync', 'on', '>pass-word', '~*', '&*', '+@all')
  const at = `127.0.0.1:${server.port}`
  const refusals: [REDIS_URL: string, told: RegExp][] = [
    [`redis://${at}`, /^REDIS_URL: .* asks for a password.*NOAUTH/],
    [`redis://:other@${at}`, /^REDIS_URL: .* refuses the user or the password.*WRONGPASS/],
    [`redis://sync:other@${at}`, /^REDIS_URL: .* refuses the user or the password.*WRONGPASS/],
    [`redis://nobody:pass-word@${at}`, /^REDIS_URL: .* refuses the user or the password.*WRONGPASS/],
    [`redis://sync:pass-word@${at}/2`, /^REDIS_URL: database 2 of the Redis cannot be used \(ERR DB index/],
    [`redis://sync:pass-word@${at}?db=2`, /^REDIS_URL: database 2 of the Redis cannot be used/],
    [`redis://127.0.0.1:${await findFreePort()}`, /^REDIS_URL: .* nothing listens on this port.*ECONNREFUSED/],
    ['redis://host.invalid', /^REDIS_URL: .* has a host name that nobody knows.*(ENOTFOUND|EAI_AGAIN)/],
    [`rediss://sync:pass-word@${at}`, /^REDIS_URL: .* (does not answer over TLS|does not speak TLS|redis:\/\/)/],
  ]
  for (const [REDIS_URL, told] of refusals) {
    const { refusal, tookMs } = await tryStart({ REDIS_URL })
    t.match(refusal, told, REDIS_URL)
    t.notMatch(refusal, /pass-word/)
    t.ok(tookMs < 10_000, `${REDIS_URL}: ${tookMs} ms`)
  }
  t.match(await tryStart({ REDIS_URL: `redis://sync:pass-word@${at}/1` }), { refusal: '' })
  await admin.config('SET', 'requirepass', '')
  t.match(await tryStart({ REDIS_URL: `redis://:needless@${at}` }), { refusal: '' }, 'as before, and as every client')
})

t.test('what a Redis is that cannot be used is told', onRealRedis, async (t) => {
  const primary = await provideRedis(t)
  const replica = await provideRedis(t, ['--replicaof', '127.0.0.1', String(primary.port)])
  const writable = await provideRedis(t, [
    '--replicaof',
    '127.0.0.1',
    String(primary.port),
    '--replica-read-only',
    'no',
  ])
  const cluster = await provideRedis(t, ['--cluster-enabled', 'yes'])
  const evicting = await provideRedis(t, ['--maxmemory-policy', 'allkeys-lru'])
  const renamed = await provideRedis(t, ['--rename-command', 'EVALSHA', ''])
  const told: [port: number, told: RegExp][] = [
    [replica.port, /^REDIS_URL: Redis is a replica \(role:slave\) of 127\.0\.0\.1/],
    [writable.port, /^REDIS_URL: Redis is a replica \(role:slave\)/],
    [cluster.port, /^REDIS_URL: Redis is in cluster mode, which is not supported/],
    [evicting.port, /^REDIS_URL: Redis evicts keys \(maxmemory-policy allkeys-lru\)/],
    [renamed.port, /^REDIS_URL: .* does not have commands that are needed: evalsha/],
  ]
  for (const [port, expected] of told)
    t.match((await tryStart({ REDIS_URL: `redis://127.0.0.1:${port}` })).refusal, expected)
  const { refusal } = await tryStart({ REDIS_URL: `redis://127.0.0.1:${renamed.port}`, REDIS_URL_FILE: '' })
  t.match(refusal, /evalsha/)
})

t.test('without INFO it is still told what a Redis is that refuses writes', onRealRedis, async (t) => {
  const primary = await provideRedis(t)
  const replica = await provideRedis(t, ['--replicaof', '127.0.0.1', String(primary.port)])
  const cluster = await provideRedis(t, ['--cluster-enabled', 'yes'])
  for (const [server, told] of [
    [replica, /^REDIS_URL: .* is a replica, which takes no writes/],
    [cluster, /^REDIS_URL: .* is a Redis Cluster, which is not supported/],
  ] as const) {
    await server.connect().acl('SETUSER', 'sync', 'on', '>secret', '~*', '&*', '+@all', '-info')
    t.match((await tryStart({ REDIS_URL: `redis://sync:secret@127.0.0.1:${server.port}` })).refusal, told)
  }
})

t.test('a server that says nothing, or something else than Redis, is told as that', async (t) => {
  const answers: [says: string, told: RegExp][] = [
    ['HTTP/1.1 400 Bad Request\r\n\r\n', /does not answer as Redis does.*rediss:\/\//],
    ['', /closes the connection without an answer.*rediss:\/\//],
  ]
  for (const [says, told] of answers) {
    const server = createServer((socket) => socket.on('error', () => undefined).end(says))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const REDIS_URL = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
    t.match((await tryStart({ REDIS_URL })).refusal, told)
  }
})

t.test(
  'a service that is refused ends in seconds with one line, and a Redis that still starts is waited for',
  onRealRedis,
  async (t) => {
    const port = await findFreePort()
    const keys = { API_KEYS: `acme:${'k'.repeat(32)}`, ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}` }
    const start = (REDIS_URL: string) =>
      runCompiled(t, 'test/support/serve-process.js', [], {
        ...keys,
        PORT: '0',
        DATA_DIR: '/nowhere',
        LOG_LEVEL: 'silent',
        REDIS_URL,
      })
    const early = runCompiled(t, 'test/support/serve-process.js', [], {
      ...keys,
      PORT: '0',
      DATA_DIR: '/nowhere',
      REDIS_URL: `redis://127.0.0.1:${port}`,
    })
    await early.untilLine(/nothing listens on this port.*Trying again/)
    await startRedis(t, [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--user',
      'sync',
      'on',
      '>secret',
      '~*',
      '+@all',
    ])
    await early.untilLine(/^intercom-sync listens on/)
    const refused = start(`redis://sync:wrong@127.0.0.1:${port}`)
    t.equal(await refused.exited, 1)
    t.match(
      refused.stderr(),
      /^intercom-sync: REDIS_URL: the Redis at .* refuses the user or the password.*WRONGPASS.*\n$/,
    )
    t.notMatch(refused.stderr(), /wrong@|:wrong/)
    const without = start(`redis://sync:secret@127.0.0.1:${port}`)
    t.equal(await without.exited, 1)
    t.match(
      without.stderr(),
      /^intercom-sync: REDIS_URL: the user sync of .* lacks channels .*ACL SETUSER sync '&intercom-sync:/,
    )
  },
)

t.test(
  'readiness and a POST tell a Redis that is full, a replica, or no longer ours as what it is',
  onRealRedis,
  async (t) => {
    const server = await provideRedis(t, ['--databases', '2'])
    const admin = server.connect()
    await admin.acl('SETUSER', 'sync', 'on', '>secret', '~*', '&*', '+@all')
    const clients = createRedisClients({ url: `redis://sync:secret@127.0.0.1:${server.port}/1` }, () => undefined)
    t.teardown(clients.close)
    const access = { connect: (profile: ClientProfile = 'waitForever') => clients.connect(profile) }
    const redis = clients.connect('failFast')
    await untilReady(redis, AbortSignal.timeout(5000))
    const keys = [encryptionKey('test', Buffer.alloc(32))]
    const api = await startApp(t, access, { keys, ready: () => checkReadiness(redis, keys) })
    const body = JSON.stringify({ config: { access_token: 'token-of-a-test' }, streams: ['tags'] })
    const detailsOf = async () => {
      const details: string[] = []
      for (const [path, init] of [
        ['/health/ready', {}],
        ['/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body }],
      ] as const) {
        const answer = await api.fetch(path, init)
        t.equal(answer.status, 503, path)
        const { code, detail } = (await answer.json()) as { code: string; detail: string }
        t.equal(code, 'store_unavailable')
        details.push(detail)
      }
      return details
    }
    t.equal((await api.fetch('/health/ready')).status, 200)

    await admin.config('SET', 'maxmemory', '1')
    t.match(await detailsOf(), [/^Redis is full/, /^Redis is full/])
    await admin.config('SET', 'maxmemory', '0')
    t.equal((await api.fetch('/health/ready')).status, 200)

    await admin.acl('SETUSER', 'sync', 'resetchannels')
    t.match(await detailsOf(), [/a right that it needs/, /a right that it needs/])
    await admin.acl('SETUSER', 'sync', '&*')

    await admin.replicaof('127.0.0.1', String(await findFreePort()))
    t.match((await detailsOf())[0], /is a replica|has lost other servers/)
    await admin.replicaof('NO', 'ONE')

    await admin.acl('SETUSER', 'sync', 'resetpass', '>other')
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'USER', 'sync')
    // Each client tells it as soon as it has been refused itself.
    const isTold = (detail: string) => /no longer accepts the user or the password/.test(detail)
    await untilHolds(async () => (await detailsOf()).every(isTold))
  },
)

/** Unlike `once`, does not end at the error that comes before it. */
const closingOf = (client: Redis) => new Promise<void>((resolve) => client.once('close', () => resolve()))

t.test('a client whose database is gone never works on another one', onRealRedis, async (t) => {
  const server = await provideRedis(t, ['--databases', '2'])
  const admin = server.connect()
  await admin.acl('SETUSER', 'sync', 'on', '>secret', '~*', '&*', '+@all')
  const errors: string[] = []
  const clients = createRedisClients({ url: `redis://sync:secret@127.0.0.1:${server.port}/1` }, (error) =>
    errors.push(error.message),
  )
  t.teardown(clients.close)
  const first = clients.connect('waitForever')
  const copy = first.duplicate()
  copy.on('error', () => undefined)
  t.teardown(() => copy.disconnect())
  for (const client of [first, copy]) await untilReady(client, AbortSignal.timeout(5000))
  await admin.acl('SETUSER', 'sync', '-select')
  const writes = [first, copy].map((client, place) => {
    return closingOf(client).then(() => client.set(`of-client-${place}`, 'x'))
  })
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'USER', 'sync')
  while (!errors.some((message) => /NOPERM.*select/.test(message))) await closingOf(first)
  t.same(await admin.keys('*'), [], 'nothing was written to database 0')
  await admin.acl('SETUSER', 'sync', '+select')
  await Promise.all(writes)
  t.same(await admin.keys('*'), [])
  await admin.select(1)
  t.same((await admin.keys('*')).toSorted(), ['of-client-0', 'of-client-1'])
})
