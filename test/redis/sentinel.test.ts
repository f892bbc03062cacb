import t from 'tap'
import { createRedisClients } from '../../src/redis/redis.ts'
import { createAuthority } from '../support/certificates.ts'
import { createDeferred } from '../support/deferred.ts'
import { findFreePort } from '../support/free-port.ts'
import { gatedIntercom } from '../support/gated-intercom.ts'
import { provideRedis, type ServiceOnRedis, serveOnRedis, tryStart } from '../support/provided-redis.ts'
import { onRealRedis } from '../support/redis.ts'
import { startSentinel } from '../support/sentinel.ts'

const passwords = ['--requirepass', 'secret', '--masterauth', 'secret', '--appendonly', 'yes']

/** Reads a log to its end, however often the reader is cut off, as a client does: only whole lines count. */
async function readToEnd(service: ServiceOnRedis, jobId: number): Promise<string[]> {
  const lines: string[] = []
  for (;;) {
    let text = ''
    try {
      const answer = await service.fetch(`/v1/jobs/${jobId}/messages?after=${lines.length}`)
      for await (const piece of (answer.body ?? []) as AsyncIterable<Uint8Array>) text += Buffer.from(piece).toString()
      if (answer.ok) return [...lines, ...text.split('\n').slice(0, -1)]
    } catch {
      lines.push(...text.split('\n').slice(0, -1))
    }
  }
}

t.test('jobs and readers go on when the primary is killed and a Sentinel names another', onRealRedis, async (t) => {
  const primary = await provideRedis(t, passwords)
  const replica = await provideRedis(t, [...passwords, '--replicaof', '127.0.0.1', String(primary.port)])
  const sentinel = await startSentinel(t, primary.port, [
    'sentinel auth-pass mymaster secret',
    'user default off',
    'user watcher on >hidden +@all ~* &*',
  ])
  const [url, absent] = ['redis://:secret@mymaster/1', await findFreePort()]
  const access = { REDIS_SENTINEL_USERNAME: 'watcher', REDIS_SENTINEL_PASSWORD: 'hidden' }
  // The first of the list is away.
  const place = { REDIS_URL: url, REDIS_SENTINELS: `127.0.0.1:${absent},127.0.0.1:${sentinel.port}` }

  const only = { ...place, REDIS_SENTINELS: `127.0.0.1:${sentinel.port}` }
  t.match(
    (await tryStart({ ...only, ...access, REDIS_SENTINEL_PASSWORD: 'wrong' })).refusal,
    /^REDIS_SENTINELS: the Sentinel at .* REDIS_SENTINEL_PASSWORD.*WRONGPASS/,
  )
  t.match((await tryStart(only)).refusal, /^REDIS_SENTINELS: .* asks for a password.*REDIS_SENTINEL_PASSWORD.*NOAUTH/)
  t.match(
    (await tryStart({ ...only, ...access, REDIS_URL: 'redis://:secret@other' })).refusal,
    /^REDIS_URL: .* knows no primary with the name other/,
  )
  t.match(
    (await tryStart({ ...only, ...access, REDIS_URL: 'redis://:wrong@mymaster' })).refusal,
    /^REDIS_URL: the primary that the Sentinels name.*WRONGPASS/,
  )

  const gate = createDeferred()
  const service = await serveOnRedis(t, {
    ...place,
    ...access,
    INTERCOM_BASE_URL: await gatedIntercom(t, gate.promise),
  })
  t.match(service.process.stdout(), /data {2}the Redis at redis:\/\/mymaster\/1, by its Sentinels\n/)
  const body = { config: { access_token: 'simulator-token' }, streams: ['tags', 'contacts'] }
  const { jobId } = await service.call<{ jobId: number }>('/v1/jobs', { body })
  const reading = readToEnd(service, jobId)
  const clients = createRedisClients({ url: `redis://:secret@127.0.0.1:${primary.port}` }, () => undefined)
  t.teardown(clients.close)
  await clients.connect('waitForever').wait(1, 0)
  await primary.kill()
  t.equal(await sentinel.switched, replica.port)
  gate.resolve()
  const lines = await reading
  const job = await service.call<{ status: string; messageCount: number }>(`/v1/jobs/${jobId}`)
  t.equal(job.status, 'succeeded')
  t.equal(lines.length, job.messageCount)
  t.equal(
    new Set(lines.filter((line) => line.includes('"RECORD"'))).size,
    lines.filter((line) => line.includes('"RECORD"')).length,
    'nothing twice',
  )
  t.equal((await service.fetch('/health/ready')).status, 200)
  t.equal(await service.process.end('SIGTERM'), 0)
})

t.test('Sentinels and the primary are asked over TLS with the same authority', onRealRedis, async (t) => {
  const authority = createAuthority(t)
  const { cert, key } = authority.issue('server', 'IP:127.0.0.1')
  const files = [
    `tls-cert-file ${cert}`,
    `tls-key-file ${key}`,
    `tls-ca-cert-file ${authority.ca}`,
    'tls-auth-clients no',
    'tls-replication yes',
  ]
  const tlsPorts = [await findFreePort(), await findFreePort()] as const
  const settings = (tlsPort: number) => [...files, `tls-port ${tlsPort}`].flatMap((line) => `--${line}`.split(' '))
  await provideRedis(t, settings(tlsPorts[0]))
  await provideRedis(t, [...settings(tlsPorts[1]), '--replicaof', '127.0.0.1', String(tlsPorts[0])])
  const sentinel = await startSentinel(t, tlsPorts[0], [...files, 'port 0', 'tls-port PORT'])
  const environment = { REDIS_URL: 'rediss://mymaster', REDIS_SENTINELS: `127.0.0.1:${sentinel.port}` }
  t.match(await tryStart({ ...environment, REDIS_TLS_CA_FILE: authority.ca }), { refusal: '' })
  t.match((await tryStart(environment)).refusal, /^REDIS_SENTINELS: .*REDIS_TLS_CA_FILE/)
})
