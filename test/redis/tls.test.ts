import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createAuthority } from '../support/certificates.ts'
import { findFreePort } from '../support/free-port.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { provideRedis, serveOnRedis, tryStart } from '../support/provided-redis.ts'
import { onRealRedis } from '../support/redis.ts'

t.test(
  'a Redis with TLS is used with its own authority, and each certificate that does not fit is told',
  onRealRedis,
  async (t) => {
    const authority = createAuthority(t)
    const other = createAuthority(t)
    const server = authority.issue('server', 'DNS:redis.test,IP:127.0.0.1')
    const client = authority.issue('client', 'DNS:client.test')
    const tlsArguments = (certificate: { cert: string; key: string }, port: number, clients: 'yes' | 'no') => [
      ...['--tls-port', String(port), '--tls-cert-file', certificate.cert, '--tls-key-file', certificate.key],
      ...['--tls-ca-cert-file', authority.ca, '--tls-auth-clients', clients, '--appendonly', 'yes'],
    ]
    const start = async (certificate: { cert: string; key: string }, clients: 'yes' | 'no' = 'no') => {
      const tlsPort = await findFreePort()
      return { ...(await provideRedis(t, tlsArguments(certificate, tlsPort, clients))), tlsPort }
    }
    const redis = await start(server)
    const strict = await start(server, 'yes')
    const expired = await start(authority.issue('expired', 'DNS:redis.test,IP:127.0.0.1', -1))
    const named = await start(authority.issue('named', 'DNS:redis.test'))
    const own = { REDIS_TLS_CA_FILE: authority.ca }
    const ours = { REDIS_TLS_CERT_FILE: client.cert, REDIS_TLS_KEY_FILE: client.key }
    const stranger = other.issue('stranger', 'DNS:client.test')
    const theirs = { REDIS_TLS_CERT_FILE: stranger.cert, REDIS_TLS_KEY_FILE: stranger.key }
    const url = ({ tlsPort }: { tlsPort: number }) => ({ REDIS_URL: `rediss://127.0.0.1:${tlsPort}` })

    const refusals: [environment: Record<string, string>, told: RegExp][] = [
      [url(redis), /authority that this machine does not know.*REDIS_TLS_CA_FILE/],
      [{ ...url(redis), REDIS_TLS_CA_FILE: other.ca }, /authority that this machine does not know.*REDIS_TLS_CA_FILE/],
      [{ ...url(expired), ...own }, /certificate that has expired/],
      [{ ...url(named), ...own }, /certificate for other names.*REDIS_TLS_SERVER_NAME.*redis\.test/],
      [{ ...url(redis), ...own, REDIS_TLS_SERVER_NAME: 'other.test' }, /certificate for other names/],
      [{ ...url(strict), ...own }, /asks this service for a certificate.*REDIS_TLS_CERT_FILE/],
      [{ ...url(strict), ...own, ...theirs }, /does not accept the certificate in REDIS_TLS_CERT_FILE/],
      [{ REDIS_URL: `redis://127.0.0.1:${redis.tlsPort}` }, /rediss:\/\//],
      [{ REDIS_URL: `rediss://127.0.0.1:${redis.port}`, ...own }, /TLS/],
    ]
    for (const [environment, told] of refusals) {
      const { refusal, tookMs } = await tryStart(environment)
      t.match(refusal, told)
      t.match(refusal, /^REDIS_URL: /)
      t.ok(tookMs < 10_000, `${refusal}: ${tookMs} ms`)
    }
    t.match(await tryStart({ ...url(redis), ...own }), { refusal: '' })
    t.match(await tryStart({ ...url(named), ...own, REDIS_TLS_SERVER_NAME: 'redis.test' }), { refusal: '' })
    t.match(await tryStart({ ...url(strict), ...own, ...ours }), { refusal: '' })

    const file = join(strict.directory, 'redis-url')
    writeFileSync(file, `rediss://127.0.0.1:${strict.tlsPort}/1\n`)
    const intercom = await listenSimulator(t, { contacts: 60 })
    const environment = { ...own, ...ours, REDIS_URL_FILE: file, INTERCOM_BASE_URL: intercom.url }
    const service = await serveOnRedis(t, environment)
    t.match(service.process.stdout(), `data  the Redis at rediss://127.0.0.1:${strict.tlsPort}/1\n`)
    const live = await service.fetch('/v1/jobs', {
      method: 'POST',
      headers: { accept: 'application/x-ndjson' },
      body: JSON.stringify({ config: { access_token: 'simulator-token' }, streams: ['contacts'] }),
    })
    t.match(await live.text(), /"status":"COMPLETE"/)
    t.equal(await service.process.end('SIGTERM'), 0)
    t.notMatch(service.process.stderr(), /queue or Redis|REDIS/)
  },
)
