import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import { readConfig, readDataDir } from '../../src/settings/config.ts'
import { ConfigError, createVariableReader, type Environment } from '../../src/settings/environment.ts'
import { readRedisSettings } from '../../src/settings/redis.ts'
import { createAuthority } from '../support/certificates.ts'

function read(environment: Environment) {
  const faults: string[] = []
  const settings = readRedisSettings(createVariableReader(environment, faults), faults)
  return { ...settings, faults }
}

const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-settings-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
function fileOf(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

t.test('a password that is not percent-encoded is told with the variable and the way to write it', async (t) => {
  // Whatever special character it holds: it is read as it was meant, or refused.
  for (const character of '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ ') {
    for (const password of [`${character}word`, `pass${character}word`, `12${character}word`, `50${character}zz`]) {
      for (const user of ['', 'sync']) {
        const { server, faults } = read({ REDIS_URL: `redis://${user}:${password}@h.test:6380/1` })
        if (server) {
          const { hostname, port, pathname, password: meant } = new URL(server.url)
          t.same([hostname, port, pathname], ['h.test', '6380', '/1'], password)
          t.equal(decodeURIComponent(meant), password)
        } else {
          t.equal(faults.length, 1)
          t.match(faults[0], /^REDIS_URL cannot be read\..*percent-encoded: % as %25, \/ as %2F/)
          t.notMatch(faults[0], password)
        }
        const encoded = read({ REDIS_URL: `redis://${user}:${encodeURIComponent(password)}@h.test:6380/1` })
        t.same(encoded.faults, [], 'encoded, every one is right')
      }
    }
  }
})

t.test('the address may be in a file, and is then named by it', async (t) => {
  const file = fileOf('url', 'redis://:pass-word@db:6379/2\n')
  const keys = { API_KEYS: `acme:${'k'.repeat(32)}`, ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}` }
  const config = readConfig({ ...keys, REDIS_URL_FILE: file })
  t.match(config.redis, { prefix: 'intercom-sync', server: { url: 'redis://:pass-word@db:6379/2' } })
  for (const printed of [inspect(config, { depth: 9 }), JSON.stringify(config)]) t.notMatch(printed, /pass-word/)
  t.throws(() => readConfig({ REDIS_URL_FILE: file }), /API_KEYS is needed because REDIS_URL_FILE is set/)
  t.throws(() => readDataDir({ REDIS_URL_FILE: file }), ConfigError)
  t.match(read({ REDIS_URL_FILE: fileOf('bad', 'redis://:pass#word@db') }).faults, [/^REDIS_URL_FILE cannot be read\./])
  t.match(read({ REDIS_URL_FILE: fileOf('empty', '\n') }).faults, [/^REDIS_URL_FILE names an empty file/])
  t.match(read({ REDIS_URL_FILE: join(folder, 'absent') }).faults, [/^REDIS_URL_FILE names a file that cannot be read/])
  t.match(read({ REDIS_URL_FILE: ' ' }).faults, [/^REDIS_URL_FILE is set, but empty/])
  t.match(read({ REDIS_URL: 'redis://db', REDIS_URL_FILE: file }).faults, [
    /^REDIS_URL and REDIS_URL_FILE are both set/,
  ])
})

t.test('a prefix has no character that means something in a key, a channel or a pattern', async (t) => {
  t.equal(read({}).prefix, 'intercom-sync')
  for (const REDIS_PREFIX of ['staging', 'a.b_c-1', 'x'.repeat(64)])
    t.match(read({ REDIS_PREFIX }), { prefix: REDIS_PREFIX, faults: [] })
  for (const REDIS_PREFIX of ['a:b', 'a*', 'a?', 'a[b]', '{a}', 'a b', 'ü', 'x'.repeat(65)])
    t.match(read({ REDIS_PREFIX }).faults, [/^REDIS_PREFIX is .*set 1 to 64 letters/], REDIS_PREFIX)
})

t.test('what is for TLS or for Sentinel needs an address that uses it', async (t) => {
  for (const name of ['REDIS_TLS_SERVER_NAME', 'REDIS_SENTINELS', 'REDIS_SENTINEL_PASSWORD'])
    t.match(read({ [name]: 'x' }).faults, [new RegExp(`^${name} is set, but REDIS_URL is not`)])
  t.match(read({ REDIS_URL: 'redis://db', REDIS_TLS_SERVER_NAME: 'x' }).faults, [
    /^REDIS_TLS_SERVER_NAME is set, but REDIS_URL starts with redis:/,
  ])
  t.match(read({ REDIS_URL: 'redis://db', REDIS_SENTINEL_USERNAME: 'x' }).faults, [
    /^REDIS_SENTINEL_USERNAME is set, but no Sentinel/,
  ])
  t.match(read({ REDIS_URL: 'redis://mymaster:6379', REDIS_SENTINELS: 'a' }).faults, [
    /^REDIS_URL has a port.*mymaster/,
  ])
  t.match(read({ REDIS_URL: 'redis://mymaster', REDIS_SENTINELS: 'a:0, b:x,c' }).faults, [
    /"a:0" is not host:port/,
    /"b:x" is not/,
  ])
  const file = fileOf('sentinel', 'pass-word\n')
  const environment = {
    REDIS_SENTINELS: 'a, b:1 [::1]:2',
    REDIS_SENTINEL_PASSWORD_FILE: file,
    REDIS_SENTINEL_USERNAME: 'u',
  }
  t.match(read({ REDIS_URL: 'redis://MyMaster_1/2', ...environment }), {
    faults: [],
    server: {
      sentinel: {
        nodes: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 1 },
          { host: '::1', port: 2 },
        ],
        username: 'u',
        password: 'pass-word',
      },
    },
  })
})

t.test('a file that holds no certificate, or a key of another one, is told', async (t) => {
  const authority = createAuthority(t)
  const [one, two] = [authority.issue('one', 'DNS:one.test'), authority.issue('two', 'DNS:two.test')]
  const tried = (environment: Environment) => read({ REDIS_URL: 'rediss://db', ...environment }).faults
  t.match(tried({ REDIS_TLS_CA_FILE: fileOf('ca', 'no certificate') }), [/^REDIS_TLS_CA_FILE .*no certificate in PEM/])
  t.match(tried({ REDIS_TLS_CA_FILE: join(folder, 'absent') }), [/^REDIS_TLS_CA_FILE names a file that cannot be read/])
  t.match(tried({ REDIS_TLS_CERT_FILE: one.cert }), [/belong together; set both or neither/])
  t.match(tried({ REDIS_TLS_KEY_FILE: one.key }), [/belong together; set both or neither/])
  t.match(tried({ REDIS_TLS_CERT_FILE: one.cert, REDIS_TLS_KEY_FILE: two.key }), [/^REDIS_TLS_KEY_FILE names no key/])
  t.same(tried({ REDIS_TLS_CERT_FILE: one.cert, REDIS_TLS_KEY_FILE: one.key, REDIS_TLS_CA_FILE: authority.ca }), [])
})

t.test('an empty variable for TLS or Sentinel counts as not set, as Compose passes one on', async (t) => {
  const names = [
    ...['REDIS_TLS_CA_FILE', 'REDIS_TLS_CERT_FILE', 'REDIS_TLS_KEY_FILE', 'REDIS_TLS_SERVER_NAME'],
    ...['REDIS_SENTINELS', 'REDIS_SENTINEL_USERNAME', 'REDIS_SENTINEL_PASSWORD', 'REDIS_SENTINEL_PASSWORD_FILE'],
  ]
  for (const text of ['', ' ']) {
    const empty = Object.fromEntries(names.map((name) => [name, text]))
    t.same(read(empty), { prefix: 'intercom-sync', faults: [] })
    for (const REDIS_URL of ['redis://db', 'rediss://db']) {
      const { server, faults } = read({ ...empty, REDIS_URL })
      t.same(faults, [])
      t.equal(server?.sentinel, undefined)
      t.same(server?.tls, REDIS_URL.startsWith('rediss') ? {} : undefined)
    }
    // One that says something without the other is a fault as before.
    const half = read({ ...empty, REDIS_URL: 'rediss://db', REDIS_TLS_CERT_FILE: fileOf('cert', 'none') })
    t.ok(half.faults.includes('REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE belong together; set both or neither'))
  }
})
