import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { checkMessages } from '../simulator/oracle/check-messages.ts'
import { type ComposeService, environmentOf, parseCompose, parseEnvironmentFile } from './support/compose.ts'
import { parseDockerfile, settingsOf, stageOf } from './support/dockerfile.ts'
import { imageUser, prepareBuild } from './support/image-build.ts'
import { findFreePort, runProcess, runShell, type Teardown, type TestProcess } from './support/processes.ts'
import { onRealRedis, startRedis } from './support/redis.ts'
import { truthOf } from './support/simulator-truth.ts'

// There is no engine here: the Dockerfile is carried out in folders, and what comes of it runs as processes, as the
// images' user where the test is root, and with nothing to write to but /data.
const stages = parseDockerfile(await readFile('Dockerfile', 'utf8'))
const allowed = (await readFile('.dockerignore', 'utf8')).split('\n').filter((line) => line.startsWith('!'))
const context = allowed.map((line) => line.slice(1))
const compose = parseCompose(await readFile('docker-compose.yml', 'utf8'))
const operations = await readFile('docs/operations.md', 'utf8')
const build = await prepareBuild(t, stages, context)
const images = ['service', 'connector', 'simulator']
const config = { access_token: 'simulator-token' }
const streams = ['contacts', 'companies', 'tags']

/** What an image runs when it is told `args`; paths of the image are turned into those of its folder. */
async function runImage(t: Teardown, stage: string, args: string[] = [], given: Record<string, string> = {}) {
  const { entrypoint, command } = settingsOf(stages, stage)
  return runInside(t, stage, [...entrypoint, ...(args.length > 0 ? args : command)], given)
}

/** Runs any program with the environment of an image, as its user. */
async function runInside(t: Teardown, stage: string, words: string[], given: Record<string, string> = {}) {
  const root = await build.rootOf(stage)
  const inRoot = (text: string) => (text.startsWith('/') ? join(root, text) : text)
  const settings = Object.entries({ ...settingsOf(stages, stage).environment, ...given })
  const environment = Object.fromEntries(settings.map(([name, text]) => [name, inRoot(text)]))
  const [program = '', ...args] = words.map(inRoot)
  const PATH = `${build.programs}:${process.env.PATH}`
  return runProcess(t, program, args, { ...environment, PATH }, { cwd: root, user: imageUser })
}

/** The keys as operations.md has them made. */
async function makeKeys(t: Teardown) {
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-compose-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const [, block = ''] = /```sh\n(umask 077\ncat > \.env.*?)```/s.exec(operations) ?? []
  await runShell(t, `cd ${folder}\n${block}`)
  return parseEnvironmentFile(await readFile(join(folder, '.env'), 'utf8'))
}

async function simulate(t: Teardown): Promise<string> {
  const simulator = await runImage(t, 'simulator', ['--port', '0', '--contacts', '200'])
  const { listening } = JSON.parse(await simulator.untilLine(/listening/)) as { listening: string }
  return `http://127.0.0.1:${new URL(listening).port}`
}

async function metricsPortOf(service: TestProcess): Promise<string> {
  const { address } = JSON.parse(await service.untilLine(/metrics and health are answered/)) as { address: string }
  return new URL(address).port
}

function serviceOf(name: string): ComposeService {
  const service = compose.services[name]
  if (service === undefined) throw new Error(`docker-compose.yml has no service "${name}"`)
  return service
}

t.test('an engine is sent what the Dockerfile copies, and nothing else', async (t) => {
  const copied = stages
    .flatMap((stage) => stage.steps)
    .filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from='))
    .flatMap(({ text }) => text.split(' ').slice(0, -1))
  t.same([...new Set(copied)].toSorted(), context.toSorted())
})

t.test('every image runs as user 1000, who can write nowhere but in /data', async (t) => {
  for (const stage of images) t.equal(settingsOf(stages, stage).user, '1000:1000', stage)
  const touch = async (path: string) => (await runInside(t, 'service', ['sh', '-c', `touch ${path}`])).exited
  t.not(await touch('app/file'), 0)
  t.not(await touch('file'), 0)
  t.equal(await touch('data/file'), 0)
  t.match(settingsOf(stages, 'service').environment, { DATA_DIR: '/data', TMPDIR: '/data' })
})

t.test('what only developers need is in no image, and the simulator in its own alone', async (t) => {
  const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Record<string, object>
  const namesIn = (member: string) => Object.keys(manifest[member] ?? {})
  for (const stage of images) {
    const root = await build.rootOf(stage)
    const isThere = (name: string) => existsSync(join(root, 'app', 'node_modules', name))
    t.same(namesIn('dependencies').filter(isThere), namesIn('dependencies'), stage)
    t.notOk(isThere('typescript') || isThere('tap'), stage)
    t.equal(existsSync(join(root, 'app', 'dist', 'simulator')), stage === 'simulator')
  }
})

t.test('without keys the service says what is missing, and so does compose', async (t) => {
  const service = await runImage(t, 'service')
  t.equal(await service.exited, 1)
  t.match(service.stderr(), /API_KEYS is needed.*ENCRYPTION_KEYS is needed/s)
  const keys = await makeKeys(t)
  for (const name of ['API_KEYS', 'ENCRYPTION_KEYS']) {
    const others = Object.fromEntries(Object.entries(keys).filter(([key]) => key !== name))
    const message = new RegExp(`^${name}: put keys into .env, see "Images and compose" in docs/operations.md$`)
    for (const role of ['api', 'worker']) t.throws(() => environmentOf(serviceOf(role), others), { message })
  }
  t.match(operations, /^## Images and compose$/m)
})

t.test('Airbyte finds the connector by labels and AIRBYTE_ENTRYPOINT, and starts it from a shell', async (t) => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
  const { labels, environment, entrypoint } = settingsOf(stages, 'connector')
  t.same(labels, { 'io.airbyte.name': 'intercom-sync-connector', 'io.airbyte.version': version })
  t.equal(environment.AIRBYTE_ENTRYPOINT, entrypoint.join(' '))
  t.ok(environment.AIRBYTE_ENTRYPOINT?.startsWith('/'))

  const INTERCOM_BASE_URL = await simulate(t)
  const source = await mkdtemp(join(tmpdir(), 'intercom-sync-source-'))
  t.teardown(() => rm(source, { recursive: true, force: true }))
  await chmod(source, 0o777)
  await writeFile(join(source, 'config.json'), JSON.stringify(config))
  const run = async (command: string) => {
    const script = `cd ${source} && eval "$AIRBYTE_ENTRYPOINT ${command}" > output && echo done`
    const shell = await runInside(t, 'connector', ['sh', '-c', script], { INTERCOM_BASE_URL })
    await shell.untilLine(/^done$/)
    return readFile(join(source, 'output'), 'utf8')
  }
  t.match(JSON.parse(await run('spec')), { type: 'SPEC' })
  t.match(JSON.parse(await run('check --config config.json')), { connectionStatus: { status: 'SUCCEEDED' } })
  const { catalog } = JSON.parse(await run('discover --config config.json')) as {
    catalog: { streams: { name: string; supported_sync_modes: string[] }[] }
  }
  const configured = catalog.streams
    .filter(({ name }) => streams.includes(name))
    .map((stream) => ({ stream, sync_mode: 'full_refresh', destination_sync_mode: 'overwrite' }))
  await writeFile(join(source, 'catalog.json'), JSON.stringify({ streams: configured }))
  const messages = await run('read --config config.json --catalog catalog.json')
  const truth = await truthOf(INTERCOM_BASE_URL)
  t.same((await checkMessages([Buffer.from(messages)], truth, { expectStreams: streams })).faults, [])
})

t.test('compose: an API and two workers do a job on one Redis, and each tells its health', onRealRedis, async (t) => {
  const keys = await makeKeys(t)
  const simulator = await simulate(t)
  const [program, ...flags] = serviceOf('redis').command ?? []
  t.equal(program, 'valkey-server')
  const port = await findFreePort()
  await startRedis(t, [...flags, '--port', String(port), '--bind', '127.0.0.1'])

  const start = async (role: string) => {
    const service = serviceOf(role)
    t.same(service.build, { context: '.', target: 'service' })
    t.equal(service.read_only, true)
    t.same(service.volumes, ['data:/data'])
    const environment = environmentOf(service, { ...keys, INTERCOM_BASE_URL: simulator })
    t.equal(environment.REDIS_URL, 'redis://redis:6379')
    const here = { REDIS_URL: `redis://127.0.0.1:${port}`, PORT: '0', METRICS_PORT: '0' }
    return runImage(t, 'service', service.command, { ...environment, ...here })
  }
  const health = async (METRICS_PORT = '') => {
    const { healthcheck } = settingsOf(stages, 'service')
    return (await runInside(t, 'service', healthcheck, { METRICS_PORT })).exited
  }

  const replicas = serviceOf('worker').deploy?.replicas ?? 0
  t.equal(replicas, 2)
  const workers = await Promise.all(Array.from({ length: replicas }, () => start('worker')))
  const api = await start('api')
  const address = new URL((await api.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? '')
  const metricsPorts = await Promise.all([...workers, api].map(metricsPortOf))
  for (const metricsPort of metricsPorts) t.equal(await health(metricsPort), 0)

  const url = `http://127.0.0.1:${address.port}/v1/jobs`
  const body = JSON.stringify({ config, streams })
  const headers = { 'content-type': 'application/json', accept: 'application/x-ndjson' }
  t.equal((await fetch(url, { method: 'POST', headers, body })).status, 401)
  const authorization = `Bearer ${keys.API_KEYS?.replace(/^default:/, '')}`
  const response = await fetch(url, { method: 'POST', headers: { ...headers, authorization }, body })
  const messages = Buffer.from(await response.arrayBuffer())
  t.same((await checkMessages([messages], await truthOf(simulator), { expectStreams: streams })).faults, [])

  for (const service of [...workers, api]) {
    t.equal(await service.end('SIGTERM'), 0)
    t.notMatch(service.stderr(), /"level":[456]0/, 'nothing to warn of, the settings of Redis included')
  }
  t.equal(await health(metricsPorts[0]), 1)
})

t.test('compose names what there is: images, volumes, ports, the address of the simulator', async (t) => {
  const services = Object.values(compose.services)
  const targets = services.flatMap((service) => service.build?.target ?? [])
  t.same([...new Set(targets)].toSorted(), ['service', 'simulator'])
  const mounted = services.flatMap((service) => service.volumes ?? []).map((volume) => volume.split(':')[0])
  t.same([...new Set(mounted)].toSorted(), Object.keys(compose.volumes).toSorted())
  t.same(serviceOf('api').ports, [`127.0.0.1:8080:${settingsOf(stages, 'service').environment.PORT}`])
  t.same(serviceOf('simulator').profiles, ['simulator'])
  const exposed = stageOf(stages, 'simulator').steps.find((step) => step.name === 'EXPOSE')?.text
  t.match(operations, `INTERCOM_BASE_URL=http://simulator:${exposed} docker compose --profile simulator up --build`)
})
