import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import { readConfig } from '../src/settings/config.ts'
import { ConfigError, type Environment } from '../src/settings/environment.ts'

const apiKey = '0123456789abcdef0123456789abcdef'
const encryptionKey = Buffer.alloc(32, 7).toString('base64')
const keys = { API_KEYS: `acme:${apiKey}`, ENCRYPTION_KEYS: `k1:${encryptionKey}` }

function faultsOf(environment: Environment): readonly string[] {
  try {
    readConfig(environment)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

t.test('nothing need be set', (t) => {
  t.match(readConfig({}), {
    host: '127.0.0.1',
    port: 8080,
    redis: { prefix: 'intercom-sync', server: undefined },
    dataDir: join(process.cwd(), 'data'),
    apiKeys: [],
    encryptionKeys: [],
    workerConcurrency: 10,
    jobRetentionMs: 24 * 3_600_000,
    logLimitBytes: 256 * 1024 * 1024,
    logWindowBytes: 32 * 1024 * 1024,
    logTotalBytes: 2048 * 1024 * 1024,
    dataDirBytes: 32 * 1024 ** 3,
    stalledReaderMs: 600_000,
    logLevel: 'info',
    publicUrl: undefined,
    trustProxy: [],
    corsOrigins: [],
  })
  t.equal(readConfig({}).metricsPort, undefined)
  t.equal(readConfig({ METRICS_PORT: '0' }).metricsPort, 0)
  t.match(readConfig({ PORT: '', HOST: ' ', LOG_LEVEL: '' }), { port: 8080, host: '127.0.0.1' }, 'empty is not set')
  t.end()
})

t.test('an empty REDIS_URL is no word to keep the data here', (t) => {
  t.match(faultsOf({ ...keys, REDIS_URL: ' ' }), [/REDIS_URL is set, but empty/])
  t.end()
})

t.test('what stands in front is set by an address, names of proxies and origins', (t) => {
  t.match(
    readConfig({
      PUBLIC_URL: 'HTTPS://Sync.Example.com:443/below/it//',
      TRUST_PROXY: '10.0.0.0/8, ::1 uniquelocal',
      CORS_ORIGINS: 'https://App.example.com/,http://localhost:5173',
    }),
    {
      publicUrl: 'https://sync.example.com/below/it',
      trustProxy: ['10.0.0.0/8', '::1', 'uniquelocal'],
      corsOrigins: ['https://app.example.com', 'http://localhost:5173'],
    },
  )
  t.equal(readConfig({ PUBLIC_URL: 'http://127.0.0.1:8080/' }).publicUrl, 'http://127.0.0.1:8080')
  for (const [environment, fault] of [
    [{ PUBLIC_URL: 'sync.example.com' }, /PUBLIC_URL is not a URL that starts with http:.*https:/],
    [{ PUBLIC_URL: 'https://user:secret@sync.example.com' }, /PUBLIC_URL holds a user or a password; leave them out$/],
    [{ PUBLIC_URL: 'https://sync.example.com/?a=b' }, /PUBLIC_URL has a query or a fragment; leave them out$/],
    [{ TRUST_PROXY: '1' }, /TRUST_PROXY is "1", which would believe whoever reaches the port; name addresses, ranges/],
    [{ TRUST_PROXY: 'loopback,nginx' }, /TRUST_PROXY has "nginx"; name addresses, ranges/],
    [{ CORS_ORIGINS: '*' }, /CORS_ORIGINS has an entry that is no origin; name each as a browser sends it/],
    [{ CORS_ORIGINS: 'https://app.example.com/page' }, /CORS_ORIGINS .*scheme, host, and the port/],
    [{ CORS_ORIGINS: 'app.example.com' }, /CORS_ORIGINS .*https:/],
  ] as const) {
    t.match(faultsOf(environment), [fault])
    t.notMatch(faultsOf(environment).join(), /secret/)
  }
  t.end()
})

t.test('every bad value is named, with what would be right', (t) => {
  const faults = faultsOf({
    PORT: '70000',
    METRICS_PORT: '-1',
    WORKER_CONCURRENCY: '0',
    JOB_RETENTION_HOURS: '1.5',
    LOG_LIMIT_BYTES: '-1',
    LOG_WINDOW_BYTES: '1048575',
    LOG_LEVEL: 'loud',
    INTERCOM_BASE_URL: 'localhost:3000',
    API_KEYS: 'no-tenant',
    ENCRYPTION_KEYS: 'k1:c2hvcnQ=',
  })
  t.match(faults, [
    /METRICS_PORT is "-1"; set a whole number from 0 to 65535, or unset it$/,
    /INTERCOM_BASE_URL .*https:/,
    /PORT is "70000"; set a whole number from 0 to 65535/,
    /API_KEYS: entry 1 is not tenant:key/,
    /ENCRYPTION_KEYS: entry 1 .*5 bytes, 32 are needed/,
    /WORKER_CONCURRENCY is "0"; .* from 1/,
    /JOB_RETENTION_HOURS is "1.5"/,
    /LOG_LIMIT_BYTES is "-1"/,
    /LOG_WINDOW_BYTES is "1048575"; set a whole number from 1048576 /,
    /LOG_LEVEL is "loud"; set one of fatal/,
  ])
  t.end()
})

t.test('beyond one machine it refuses to start without keys, and says how to make them', (t) => {
  for (const environment of [{ REDIS_URL: 'redis://db:6379' }, { HOST: '0.0.0.0' }, { HOST: '::' }]) {
    const faults = faultsOf(environment)
    t.match(faults, [
      /API_KEYS is needed .*openssl rand -hex 32/,
      /ENCRYPTION_KEYS is needed .*openssl rand -base64 32/,
    ])
    t.same(faultsOf({ ...environment, ...keys }), [])
  }
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) t.same(faultsOf({ HOST: host }), [])
  for (const host of ['127.999.1.1', '127.1', '1127.0.0.1']) t.equal(faultsOf({ HOST: host }).length, 2, host)
  t.end()
})

t.test('keys come from a list or a file, several for rotation, the first one to seal with', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'intercom-sync-config-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'keys')
  writeFileSync(
    file,
    `# current\nnew:${encryptionKey}\n\n  # kept for what is still sealed with it\nold:${encryptionKey}\n`,
  )
  const config = readConfig({
    ENCRYPTION_KEYS_FILE: file,
    API_KEYS: `acme:${apiKey}, acme:${apiKey}2,other:${apiKey}3`,
  })
  t.same(
    config.encryptionKeys.map(({ kid }) => kid),
    ['new', 'old'],
  )
  t.same(
    config.apiKeys.map(({ tenant }) => tenant),
    ['acme', 'acme', 'other'],
  )
  t.match(faultsOf({ API_KEYS_FILE: '/nowhere/keys' }), [/API_KEYS_FILE names a file that cannot be read/])
  t.match(faultsOf({ API_KEYS_FILE: file, ...keys }), [/API_KEYS and API_KEYS_FILE are both set/])
  t.end()
})

t.test('no secret shows, however the configuration or its faults are printed', (t) => {
  const redisUrl = 'redis://user:pass-word@db:6379/2'
  const config = readConfig({ ...keys, REDIS_URL: redisUrl })
  t.equal(config.redis.server?.url, redisUrl)
  const printed = [inspect(config, { depth: 9 }), JSON.stringify(config), String(config), inspect({ deep: { config } })]
  const faults = faultsOf({
    ...keys,
    REDIS_URL: 'redis//pass-word',
    API_KEYS: `:${apiKey}`,
    ENCRYPTION_KEYS: `!:${encryptionKey}`,
  })
  for (const text of [...printed, ...faults]) {
    for (const secret of [apiKey, encryptionKey, 'pass-word']) t.notOk(text.includes(secret), text)
  }
  t.match(printed[0], /db:6379.*acme:\[hidden\].*k1:\[hidden\]/s)
  t.throws(() => Object.assign(config, { port: 1 }), TypeError)
  t.end()
})

t.test('a variable for keys that is set and holds none is a fault, and opens nothing', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-config-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['API_KEYS', 'ENCRYPTION_KEYS'])
    for (const text of ['', ' ', ',', ' , ,', '# acme:key', '# none yet\n\n  # later\n', '\n']) {
      t.match(faultsOf({ [name]: text }), [new RegExp(`^${name} is set, but holds no key`)], JSON.stringify(text))
      const file = join(folder, 'keys')
      writeFileSync(file, text)
      t.match(faultsOf({ [`${name}_FILE`]: file }), [new RegExp(`^${name}_FILE is set, but holds no key`)])
      t.match(faultsOf({ [name]: text, REDIS_URL: 'redis://127.0.0.1' }).join('\n'), /holds no key/)
    }
  t.match(faultsOf({ API_KEYS_FILE: '' }), [/^API_KEYS_FILE is set, but holds no key/])
  t.same(faultsOf({ API_KEYS: `acme:${apiKey}`, API_KEYS_FILE: '' }), [], 'an empty one beside a full one')
  t.end()
})

t.test('keys that contradict each other are refused by name, and no key is shown', (t) => {
  const other = Buffer.alloc(32, 8).toString('base64')
  const twice = faultsOf({ ENCRYPTION_KEYS: `k1:${encryptionKey},k2:${other},k1:${other}` })
  t.match(twice, ['ENCRYPTION_KEYS has two keys with the id k1'])
  const shared = faultsOf({ API_KEYS: `acme:${apiKey},other:${apiKey}` })
  t.match(shared, ['API_KEYS gives acme and other the same key'])
  for (const fault of [...twice, ...shared]) t.notOk([apiKey, encryptionKey, other].some((key) => fault.includes(key)))
  t.same(faultsOf({ API_KEYS: `acme:${apiKey},acme:${apiKey}` }), [], 'the same twice is the same')
  t.same(faultsOf({ ENCRYPTION_KEYS: `k1:${encryptionKey},k1:${encryptionKey}` }), [])
  t.end()
})

t.test('one port cannot answer callers and operators', (t) => {
  t.match(faultsOf({ PORT: '9464', METRICS_PORT: '9464' }), [/PORT and METRICS_PORT are both 9464/])
  t.match(faultsOf({ METRICS_PORT: '8080' }), [/both 8080/], 'the usual one, too')
  t.same(faultsOf({ PORT: '0', METRICS_PORT: '0' }), [], 'any two that are free')
  t.end()
})

t.test('an address that leads nowhere, or says more than it may, is refused, and not shown', (t) => {
  const bad: Environment[] = [
    { REDIS_URL: 'redis://' },
    { REDIS_URL: 'redis:///0' },
    { REDIS_URL: 'redis:localhost' },
    { REDIS_URL: 'redis://:hunter2@' },
    { REDIS_URL: 'redis://:hunter2@127.0.0.1/main' },
    { INTERCOM_BASE_URL: 'http://' },
    { INTERCOM_BASE_URL: 'http://user:hunter2@127.0.0.1' },
    { INTERCOM_BASE_URL: 'http://127.0.0.1/?token=hunter2' },
    { INTERCOM_BASE_URL: 'http://127.0.0.1/v1' },
    { INTERCOM_BASE_URL: 'http://127.0.0.1/#hunter2' },
  ]
  for (const environment of bad) {
    const [name = '', value] = Object.entries(environment)[0] ?? []
    const faults = faultsOf({ ...keys, ...environment })
    t.equal(faults.length, 1, value ?? '')
    t.ok(faults[0]?.startsWith(name))
    t.notMatch(faults[0], /hunter2/)
  }
  const good = ['redis://127.0.0.1', 'rediss://user:hunter2@redis.example.com:6380/5', 'redis://[::1]:6379/0/']
  for (const REDIS_URL of good.slice(0, 2)) t.same(faultsOf({ ...keys, REDIS_URL }), [], REDIS_URL)
  for (const INTERCOM_BASE_URL of ['http://127.0.0.1:4010', 'https://intercom.example.com/'])
    t.same(faultsOf({ INTERCOM_BASE_URL }), [])
  t.end()
})
