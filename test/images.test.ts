import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readConfig } from '../src/settings/config.ts'
import {
  type ComposeService,
  environmentOf,
  makeSecrets,
  parseCompose,
  parseEnvironmentFile,
  secretsOf,
} from './support/compose.ts'

// What can be read from the files. `npm run test:images` builds the images and runs them.
const read = (path: string) => readFileSync(path, 'utf8')
const dockerfile = read('Dockerfile').replace(/\\\n\s*/g, '')
const compose = parseCompose(read('docker-compose.yml'))
const example = read('.env.example')
const operations = read('docs/operations.md')

/** What follows an instruction, each time it stands in the Dockerfile. */
const valuesOf = (instruction: string) =>
  [...dockerfile.matchAll(new RegExp(`^${instruction} (.*)$`, 'gm'))].map(([, value = '']) => value)

function serviceOf(name: string): ComposeService {
  const service = compose.services[name]
  if (service === undefined) throw new Error(`docker-compose.yml has no service "${name}"`)
  return service
}

t.test('an engine is sent what the Dockerfile copies, and nothing else', async (t) => {
  const allowed = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
  const copied = valuesOf('COPY')
    .filter((value) => !value.startsWith('--from='))
    .flatMap((value) => value.split(' ').slice(0, -1))
  t.same([...new Set(copied)].toSorted(), allowed.map((line) => line.slice(1)).toSorted())
})

t.test('the labels of the images name the version and the repository of package.json', async (t) => {
  const { version, repository } = JSON.parse(read('package.json')) as { version: string; repository: { url: string } }
  const labels = valuesOf('LABEL').join(' ')
  for (const name of ['org.opencontainers.image.version', 'io.airbyte.version'])
    t.ok(labels.includes(`${name}="${version}"`), name)
  t.ok(labels.includes(`org.opencontainers.image.source="${repository.url.replace(/^git\+|\.git$/g, '')}"`))
  const bases = new Set(valuesOf('FROM').map((value) => value.split(' ')[0] ?? ''))
  t.ok([...bases].some((base) => labels.includes(`org.opencontainers.image.base.name="docker.io/library/${base}"`)))
})

t.test(
  'compose passes secrets as files, which the lines of the guide make, and nothing starts without one',
  async (t) => {
    const folder = await makeSecrets(t)
    t.equal(statSync(join(folder, 'secrets')).mode & 0o777, 0o700, 'others on the machine do not see them')
    t.match(read('.gitignore'), /^\/secrets\/$/m)
    t.match(operations, /^## Images and compose$/m)
    for (const role of ['api', 'worker']) {
      const files = secretsOf(compose, serviceOf(role), folder)
      for (const file of Object.values(files))
        t.equal(statSync(file).mode & 0o004, 0o004, 'the user in the container does')
      const environment = environmentOf(serviceOf(role), {})
      for (const value of Object.values(environment)) t.notMatch(value, /^(redis:|default:|k1:)/)
      const here = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, files[value] ?? value]))
      t.match(readConfig(here), {
        apiKeys: [{ tenant: 'default' }],
        encryptionKeys: [{ kid: 'k1' }],
        redis: { server: { url: /^redis:\/\/:[0-9a-f]{64}@redis:6379$/ } },
      })
      for (const name of ['API_KEYS_FILE', 'ENCRYPTION_KEYS_FILE', 'REDIS_URL_FILE'])
        t.throws(
          () => readConfig({ ...here, [name]: '/nowhere/secret' }),
          new RegExp(`${name} names a file that cannot be`),
        )
    }
    const valkey = secretsOf(compose, serviceOf('redis'), folder)
    const [, password] = /^redis:\/\/:(\w+)@/.exec(read(join(folder, 'secrets/redis-url'))) ?? []
    t.equal(read(valkey['/run/secrets/valkey_conf'] ?? ''), `requirepass ${password}\n`)
    t.ok(serviceOf('redis').command?.includes('/run/secrets/valkey_conf'))
  },
)

t.test('compose names what there is: images, volumes, ports, the address of the simulator', async (t) => {
  const services = Object.values(compose.services)
  const targets = services.flatMap((service) => service.build?.target ?? [])
  t.same([...new Set(targets)].toSorted(), ['service', 'simulator'])
  const mounted = services.flatMap((service) => service.volumes ?? []).map((volume) => volume.split(':')[0])
  t.same([...new Set(mounted)].toSorted(), Object.keys(compose.volumes).toSorted())
  const port = /\bPORT=(\d+)/.exec(valuesOf('ENV').join(' '))?.[1]
  t.same(serviceOf('api').ports, [`127.0.0.1:8080:${port}`])
  t.same(serviceOf('simulator').profiles, ['simulator'])
  const simulator = `INTERCOM_BASE_URL=http://simulator:${valuesOf('EXPOSE')[0]}`
  t.match(operations, `${simulator} docker compose --profile simulator up --build`)
  t.match(example, simulator)
})

t.test('the images and the unit of systemd give memory back alike', async (t) => {
  const [setting = '', ...others] = valuesOf('ENV').filter((value) => value.startsWith('MALLOC_'))
  t.match(setting, /^MALLOC_MMAP_THRESHOLD_=\d+$/)
  t.same(others, [])
  t.ok(read('deploy/intercom-sync.service').includes(`\nEnvironment=${setting}\n`))
  t.ok(operations.includes(`\`${setting}\``))
})

t.test('every service of compose has a limit of memory, ours have no rights, and Valkey is pinned', async (t) => {
  for (const [name, { deploy, build, read_only, cap_drop, security_opt, image }] of Object.entries(compose.services)) {
    t.match(deploy?.resources?.limits.memory, /^\d+(mb|gb)$/, name)
    if (build) t.same([read_only, cap_drop, security_opt], [true, ['ALL'], ['no-new-privileges:true']], name)
    else t.match(image, /:\d+\.\d+\.\d+-alpine$/, name)
  }
  const limit = serviceOf('redis').deploy?.resources?.limits.memory
  const [, most] = /--maxmemory (\S+)/.exec(serviceOf('redis').command?.join(' ') ?? '') ?? []
  t.same([most, limit], ['1gb', '2gb'], 'room for the fork that rewrites the file')
})

t.test('.env.example names each setting that compose passes on, with the default that it has', async (t) => {
  const settings = parseEnvironmentFile(example.replace(/^#(?=[A-Z_]+=)/gm, '').replace(/^#.*\n/gm, ''))
  const asked = [...read('docker-compose.yml').matchAll(/\$\{([A-Z_]+):/g)].map(([, name = '']) => name)
  t.same(Object.keys(settings).toSorted(), [...new Set(asked)].toSorted())
  const { WORKER_CONCURRENCY, JOB_RETENTION_HOURS, LOG_LEVEL } = settings
  const { LOG_LIMIT_BYTES, LOG_WINDOW_BYTES, LOG_TOTAL_BYTES, DATA_DIR_BYTES, READER_STALL_SECONDS } = settings
  t.match(readConfig({}), {
    workerConcurrency: Number(WORKER_CONCURRENCY),
    jobRetentionMs: Number(JOB_RETENTION_HOURS) * 3_600_000,
    logLimitBytes: Number(LOG_LIMIT_BYTES),
    logWindowBytes: Number(LOG_WINDOW_BYTES),
    logTotalBytes: Number(LOG_TOTAL_BYTES),
    dataDirBytes: Number(DATA_DIR_BYTES),
    stalledReaderMs: Number(READER_STALL_SECONDS) * 1000,
    logLevel: LOG_LEVEL,
  })
  t.notMatch(example, /^#?(API_KEYS|ENCRYPTION_KEYS|REDIS_URL)/m, 'secrets are files')
})
