import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { startBreakingNetwork } from '../support/breaking-network.ts'
import { type Desk, endGroup, openDesk, readBlocks } from '../support/documents.ts'
import { judge } from '../support/engine.ts'
import { withTools } from '../support/tools.ts'

const blocks = readBlocks('docs/pipelines.md')
const workspace = { contacts: 60, companies: 20, conversations: 20, longConversations: 1, rateLimitPerWindow: 100_000 }
const key = 'a-key-of-the-pipelines-test'

/** The blocks below a heading, in order. */
const below = (heading: string) => blocks.filter((block) => block.heading.startsWith(heading)).map(({ text }) => text)

const [curlFiles = '', curlCheck = '', curlCsv = '', curlStatus = ''] = below('curl and jq')
const [readerFile = '', readerRun = ''] = below('Python')
const [storeConnection = '', fetchScript = '', crontab = ''] = below('cron')

const read = ({ folder }: Desk, file: string) => readFileSync(join(folder, file), 'utf8')
const linesOf = (text: string) => text.split('\n').slice(0, -1)
/** Without the blank lines, by which a running job shows that it lives. */
const parseLines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
const judgeFile = async (desk: Desk, file: string) => judge(desk.simulator, readFileSync(join(desk.folder, file)))

t.test('every block of the page is one that is run here', async (t) => {
  t.same(
    blocks.map(({ language }) => language),
    ['sh', 'sh', 'sh', 'sh', 'python', 'sh', 'sh', 'sh', 'crontab'],
  )
})

t.test('curl and jq make files, a table, and tell whether all is there', withTools('curl', 'jq'), async (t) => {
  const desk = await openDesk(t, workspace)
  t.match(await desk.run(curlFiles + curlCheck + curlCsv), { code: 0, stderr: '' })
  t.match(await judgeFile(desk, 'messages.ndjson'), { ok: true })
  const contacts = parseLines(read(desk, 'contacts.ndjson'))
  const ids = new Set(contacts.map(({ id }) => id))
  t.equal(ids.size, desk.simulator.workspace.collection('contacts').log.length)
  t.equal(linesOf(read(desk, 'contacts.csv')).filter((line) => /^"\w+","(user|lead)",/.test(line)).length, ids.size)
  t.same(parseLines((await desk.run(curlStatus)).stdout).toSorted(), [
    ['companies', 'COMPLETE'],
    ['contacts', 'COMPLETE'],
  ])

  const refused = curlFiles.split('\n\n')[0]?.replace('simulator-token', 'no-such-token') ?? ''
  t.match(await desk.run(refused), { code: 0 }, 'a job that fails has a proper end, too')
  t.match(await desk.run(curlCheck), { code: 1, stdout: 'false\n' }, 'and asking the job tells')
  t.match(read(desk, 'headers'), /^job-status: failed\r$/im, 'as does the trailer')
  const { stdout } = await desk.run(curlStatus)
  t.match(stdout, /^\[".*","INCOMPLETE"\]$/m)
  t.match(stdout, /^".*access token.*"$/im)
})

t.test(
  'the reader has every message once, wherever the network breaks',
  withTools('curl', 'jq', 'python3'),
  async (t) => {
    const desk = await openDesk(t, workspace)
    writeFileSync(join(desk.folder, 'read_messages.py'), readerFile)
    // Within the head, within a line, and some lines further each time.
    const proxy = await startBreakingNetwork(t, desk.service, [40, 3_000, 3_001, 50_000], 'cut')
    const { code, stderr } = await desk.run(readerRun.replaceAll('http://127.0.0.1:8080', proxy.url))
    t.same({ code, stderr, broken: proxy.broken() }, { code: 0, stderr: '', broken: 4 })
    const { jobId } = JSON.parse(read(desk, 'job.json')) as { jobId: number }
    const whole = await (await fetch(`${desk.service}/v1/jobs/${jobId}/messages`)).text()
    t.equal(read(desk, 'job.ndjson') === whole, true, 'to the byte')
    t.match(await judgeFile(desk, 'job.ndjson'), { ok: true })

    writeFileSync(join(desk.folder, 'job.ndjson'), whole.slice(0, 10_000))
    t.match(await desk.run(`python3 read_messages.py ${desk.service}/v1/jobs/${jobId} another-epoch job.ndjson`), {
      code: 1,
      stderr: /^HTTP Error 4\d\d.*"code":"\w+"/,
    })
  },
)

t.test(
  'the reader waits for a service that is busy, drops broken lines and silence',
  withTools('python3'),
  async (t) => {
    const desk = await openDesk(t, { contacts: 1 })
    writeFileSync(join(desk.folder, 'read_messages.py'), readerFile)
    const asked: string[] = []
    const lines = ['{"a":1}\n', '{"b":2}\n', '{"c":3}\n']
    const job = JSON.stringify({ status: 'succeeded', messageCount: lines.length })
    /** What each request is answered with: the job, or messages. */
    const answers: ((response: ServerResponse) => void)[] = [
      (response) => response.writeHead(503).end(),
      (response) => response.end(job),
      (response) => response.write(`${lines[0]}\n{"b":`, () => response.destroy()),
      (response) => response.end(job),
      // Between two chunks: Python's own library takes this for an end.
      (response) => response.write(`\n${lines[1]}`, () => response.destroy()),
      (response) => response.end(job.slice(0, -2)),
      (response) => response.end(job),
      (response) => response.end(`\n${lines[2]}\n`),
      (response) => response.end(job),
    ]
    const server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`)
      const answer = answers.shift()
      if (answer) answer(response)
      else response.writeHead(410).end('{"code":"log_gone"}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const command = `python3 read_messages.py http://127.0.0.1:${(server.address() as AddressInfo).port}/job epoch file`

    t.match(await desk.run(command, { INTERCOM_SYNC_API_KEY: key }), { code: 0, stderr: '' })
    t.equal(read(desk, 'file'), lines.join(''))
    t.same(
      asked.filter((call) => call.includes('/messages')),
      [0, 1, 2].map((after) => `/job/messages?epoch=epoch&after=${after}&heartbeat=15 Bearer ${key}`),
    )
    t.match(await desk.run(command), { code: 1, stderr: /410.*log_gone/ })
    t.equal(linesOf(read(desk, 'file')).length, 3, 'what it holds stays')
  },
)

t.test(
  'cron: what is new is stored and then acknowledged, whatever ends a run',
  withTools('curl', 'jq', 'python3', 'flock'),
  async (t) => {
    const desk = await openDesk(t, workspace, { API_KEYS: `pipelines:${key}` })
    const at = (...path: string[]) => join(desk.folder, ...path)
    for (const folder of ['opt', 'srv']) mkdirSync(at(folder))
    writeFileSync(at('key'), `${key}\n`)
    writeFileSync(at('opt', 'read_messages.py'), readerFile)
    writeFileSync(at('opt', 'fetch.sh'), fetchScript)
    chmodSync(at('opt', 'fetch.sh'), 0o755)
    const command = crontab
      .replace(/^(\S+ ){5}/, '')
      .replace('/etc/intercom-sync.key', at('key'))
      .replace('/opt/intercom', at('opt'))
      .replace('/srv/intercom', at('srv'))
    const store = (token: string) =>
      desk.run(
        storeConnection
          .replace('curl -sS', `curl -sS -H 'Authorization: Bearer ${key}'`)
          // The service would not store a token that is refused.
          .replace('/connections/prod', '/connections/prod?validate=false')
          .replace('simulator-token', token),
      )
    const stored = () =>
      readdirSync(at('srv'))
        .filter((name) => name.endsWith('.ndjson'))
        .toSorted()
    const acknowledged = async () =>
      (
        await fetch(`${desk.service}/v1/connections/prod/state`, { headers: { authorization: `Bearer ${key}` } })
      ).json() as Promise<unknown[]>
    const toService = { INTERCOM_SYNC_URL: desk.service }

    t.match(await store('simulator-token'), { code: 0 })
    const { url, held } = await startBreakingNetwork(t, desk.service, [20_000], 'hold')
    const first = desk.start(command, { INTERCOM_SYNC_URL: url })
    await held
    t.match(
      await desk.run(command, toService),
      { code: 0, stdout: '', stderr: '' },
      'a run beside another does nothing',
    )
    t.equal(existsSync(at('srv', 'messages.part')), true)
    endGroup(first)
    await first.exited
    t.same(stored(), [])
    t.same(await acknowledged(), [])

    t.match(await desk.run(command, toService), { code: 0, stdout: '', stderr: '' })
    const number = /^messages-(\d+)\.ndjson$/.exec(stored().join())?.[1]
    const file = join('srv', `messages-${number}.ndjson`)
    t.match(await judgeFile(desk, file), { ok: true })
    t.ok((await acknowledged()).length > 3)

    const [whole, state] = [read(desk, file), await acknowledged()]
    const headers = { authorization: `Bearer ${key}` }
    const { logEpoch } = (await (await fetch(`${desk.service}/v1/jobs/${number}`, { headers })).json()) as {
      logEpoch: string
    }
    writeFileSync(at('srv', 'job'), `${number} ${logEpoch}\n`)
    writeFileSync(at(file), '')
    t.match(await desk.run(command, toService), { code: 0 }, 'it died before it had forgotten the job')
    t.equal(read(desk, file) === whole, true, 'the same file again')
    t.same(await acknowledged(), state)

    const ids = desk.simulator.workspace.mutate({ kind: 'update', count: 5 })
    t.match(await desk.run(command, toService), { code: 0 })
    const news = parseLines(read(desk, join('srv', stored().at(-1) ?? '')))
    t.same(
      news
        .filter(({ record }) => record?.stream === 'contacts')
        .map(({ record }) => record.data.id)
        .toSorted(),
      ids.toSorted(),
    )

    writeFileSync(at('srv', 'job'), '999 none\n')
    t.match(await desk.run(command, toService), { code: 1, stderr: /job_not_found/ })
    t.match(await desk.run(command, toService), { code: 0 }, 'the next run begins anew')
    t.equal(stored().length, 3)

    t.match(await store('no-such-token'), { code: 0 })
    t.match(await desk.run(command, toService), { code: 1, stderr: /"code":"token_invalid"/ })
    t.match(await desk.run(command, { INTERCOM_SYNC_URL: 'http://127.0.0.1:1' }), { code: 7, stderr: /^curl/ })
  },
)
