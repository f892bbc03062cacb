import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { buildSimulator, type Simulator } from '../simulator/app.ts'
import { checkMessages } from '../simulator/oracle/check-messages.ts'
import { runCompiled, type Teardown, type TestProcess } from './support/processes.ts'
import { onRealRedis } from './support/redis.ts'

const canary = 'dG9rZW46Y2FuYXJ5LTEyMzQ1Njc4'

async function startSimulator(t: Teardown, contacts: number) {
  const simulator = buildSimulator({ contacts, rateLimitPerWindow: 100_000, accessTokens: { [canary]: [] } })
  const baseUrl = await simulator.app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => simulator.app.close())
  return { simulator, baseUrl }
}

async function setUp(t: Teardown, contacts: number) {
  const { simulator, baseUrl } = await startSimulator(t, contacts)
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-data-'))
  const services: TestProcess[] = []
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const start = async (args: string[] = []) => {
    const environment = { PORT: '0', DATA_DIR: dataDir, INTERCOM_BASE_URL: baseUrl, LOG_LEVEL: 'trace' }
    const service = runCompiled(t, 'test/support/serve-process.js', args, environment)
    services.push(service)
    const line = await service.untilLine(/^intercom-sync listens on/)
    return { service, url: line.split(' ').at(-1) ?? '' }
  }
  return { simulator, dataDir, services, start }
}

async function postJob(url: string, accept = 'application/json', token = canary): Promise<Response> {
  return fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify({ config: { access_token: token }, streams: ['contacts', 'tags'] }),
  })
}

const judge = (simulator: Simulator, messages: Buffer) => checkMessages([messages], simulator.workspace.truth())

t.test(
  'a service that is killed with its Redis goes on where it was, nothing missing and nothing twice',
  onRealRedis,
  async (t) => {
    const { simulator, start } = await setUp(t, 12_000)
    const first = await start()
    const { jobId } = (await (await postJob(first.url)).json()) as { jobId: number }
    // The live messages tell when there is something to lose.
    const live = await fetch(`${first.url}/v1/jobs/${jobId}/messages`)
    const reader = live.body?.getReader()
    for (let bytes = 0; bytes < 4_000_000; ) bytes += (await reader?.read())?.value?.length ?? 4_000_000
    await first.service.end('SIGKILL')
    await reader?.cancel().catch(() => undefined)

    const second = await start()
    const readJob = async () =>
      (await fetch(`${second.url}/v1/jobs/${jobId}?wait=60`)).json() as Promise<{ status: string }>
    let job = await readJob()
    while (job.status === 'running' || job.status === 'incomplete') job = await readJob()
    const messages = Buffer.from(await (await fetch(`${second.url}/v1/jobs/${jobId}/messages`)).arrayBuffer())
    t.match(job, {
      status: 'succeeded',
      attempts: 2,
      streams: [{ streamName: 'contacts', completeness: { counted: Number, received: Number } }],
    })
    t.match(await judge(simulator, messages), { ok: true })
    t.equal(await second.service.end('SIGTERM'), 0)
  },
)

t.test(
  'the access token is nowhere: not in messages, logs, answers, nor in what Redis writes to disk',
  onRealRedis,
  async (t) => {
    const { dataDir, services, start } = await setUp(t, 300)
    const { service, url } = await start()
    const live = await postJob(url, 'application/x-ndjson')
    const answers = [await live.text()]
    // A job that fails says why, and so does its log.
    const failing = await postJob(url, 'application/x-ndjson', `${canary}-revoked`)
    answers.push(await failing.text())
    for (const { headers } of [live, failing])
      answers.push(await (await fetch(`${url}${headers.get('location')}`)).text())
    t.match(answers, [/COMPLETE/, /token_invalid/, /succeeded/, /token_invalid/])
    t.equal(await service.end('SIGTERM'), 0)

    const disk = join(dataDir, 'redis', 'appendonlydir')
    const files = await Promise.all((await readdir(disk)).map((name) => readFile(join(disk, name), 'latin1')))
    t.match(files.join(''), /:record/, 'the files do tell of the jobs')
    const logs = services.flatMap((each) => [each.stdout(), each.stderr()])
    for (const text of [...answers, ...files, ...logs]) {
      for (const secret of [canary, Buffer.from(canary).toString('base64'), encodeURIComponent(canary)]) {
        t.notOk(text.includes(secret))
      }
    }
  },
)
