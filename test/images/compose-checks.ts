import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { type ComposeService, environmentOf, makeSecrets, parseCompose, secretsOf } from '../support/compose.ts'
import { findFreePort } from '../support/free-port.ts'
import { runShell, type TestProcess } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
import { truthOf } from '../support/simulator-truth.ts'
import { type Image, runContainer } from './container.ts'
import { simulate } from './simulate.ts'

const config = { access_token: 'simulator-token' }
const streams = ['contacts', 'companies', 'tags']
/** `stop_grace_period` of the compose file, after which an engine kills. */
const graceMs = 45_000

/** Runs what `docker-compose.yml` names, with its commands, variables and health checks. @param volume for /data */
export async function checkCompose(
  t: Test,
  images: { service: Image; simulator: Image },
  volume: string,
): Promise<void> {
  const compose = parseCompose(await readFile('docker-compose.yml', 'utf8'))
  const { redis = {}, api = {}, worker = {} } = compose.services
  const folder = await makeSecrets(t)
  const intercom = await simulate(t, images.simulator)
  const redisPort = await startComposeRedis(t, redis, secretsOf(compose, redis, folder))
  const urlFile = join(folder, 'secrets/redis-url')
  await writeFile(urlFile, (await readFile(urlFile, 'utf8')).replace(':6379', `:${redisPort}`))
  const key = (await readFile(join(folder, 'secrets/api-keys'), 'utf8')).trim().replace(/^default:/, '')
  const hosts = await writeHosts(t)

  const start = async (service: ComposeService) => {
    const environment = environmentOf(service, { INTERCOM_BASE_URL: intercom })
    const here = { PORT: '0', METRICS_PORT: '0' }
    const container = await runContainer(t, images.service, service.command, {
      environment: { ...environment, ...here },
      volumes: { '/data': volume, '/etc/hosts': hosts, ...secretsOf(compose, service, folder) },
    })
    return { container, metricsPort: await metricsPortOf(container) }
  }
  const health = async (METRICS_PORT: string) => {
    const [program = '', ...args] = images.service.healthcheck
    const probe = await runContainer(t, images.service, args, { entrypoint: [program], environment: { METRICS_PORT } })
    return probe.exited
  }

  t.equal(worker.deploy?.replicas, 2)
  const workers = [await start(worker), await start(worker)]
  const front = await start(api)
  const services = [...workers, front]
  for (const { metricsPort } of services) t.equal(await health(metricsPort), 0)

  const address = new URL((await front.container.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? '')
  const url = `http://127.0.0.1:${address.port}/v1/jobs`
  const headers = { 'content-type': 'application/json', accept: 'application/x-ndjson' }
  const body = JSON.stringify({ config, streams })
  t.equal((await fetch(url, { method: 'POST', headers, body })).status, 401)
  const authorization = `Bearer ${key}`
  const answer = await fetch(url, { method: 'POST', headers: { ...headers, authorization }, body })
  const messages = Buffer.from(await answer.arrayBuffer())
  t.same((await checkMessages([messages], await truthOf(intercom), { expectStreams: streams })).faults, [])

  for (const { container } of services) {
    const asked = performance.now()
    t.equal(await container.end('SIGTERM'), 0)
    t.ok(performance.now() - asked < graceMs)
    t.notMatch(container.stderr(), /"level":[456]0/, 'nothing to warn of, the settings of Redis included')
  }
  t.equal(await health(front.metricsPort), 1)
}

/** The Redis of this machine, with the flags of the compose file; the compose file's health check is asked of it. */
async function startComposeRedis(
  t: Test,
  { command = [], healthcheck }: ComposeService,
  secrets: Record<string, string>,
): Promise<number> {
  const [program, configuration = '', ...flags] = command
  t.equal(program, 'valkey-server')
  const port = await findFreePort()
  const [setting, password = ''] = (await readFile(secrets[configuration] ?? '', 'utf8')).trim().split(' ')
  await startRedis(t, [...flags, `--${setting}`, password, '--port', String(port), '--bind', '127.0.0.1'])
  t.same(healthcheck?.test, ['CMD', 'valkey-cli', 'ping'])
  t.match(await runShell(t, `redis-cli -p ${port} ping`), /^NOAUTH/)
  return port
}

/** The names that compose gives its services, for containers that share this machine's network. */
async function writeHosts(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-hosts-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'hosts')
  await writeFile(file, '127.0.0.1 localhost redis simulator\n')
  return file
}

async function metricsPortOf(service: TestProcess): Promise<string> {
  const { address } = JSON.parse(await service.untilLine(/metrics and health are answered/)) as { address: string }
  return new URL(address).port
}
