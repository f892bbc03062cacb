import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startBridgedService } from '../support/bridged-service.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { openConnector } from '../support/connector.ts'
import { judge } from '../support/engine.ts'
import { runProcess, type Teardown } from '../support/processes.ts'
import { withTools } from '../support/tools.ts'

const service = await startBridgedService(t, { contacts: 800, oddities: false })
const bench = openConnector(t)
const config = bench.write('config.json', { access_token: 'simulator-token' })
const bridged = bench.write('bridged.json', {
  access_token: 'simulator-token',
  service_url: service.url,
  service_api_key: service.key,
})
const catalog = bench.write('catalog.json', configuredCatalog(['contacts', 'tags']))
const environment = {
  INTERCOM_BASE_URL: service.intercom.url,
  INTERCOM_SYNC_URL: service.url,
  INTERCOM_SYNC_API_KEY: service.key,
  TERM: 'xterm',
  LANG: 'C.UTF-8',
}

/** Runs a line of a shell in a terminal of 100 columns and so many rows; `shown` is all that the terminal got. */
async function runInTerminal(t: Teardown, line: string, { rows = 40, ...more }: Record<string, string | number> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-terminal-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const command = `stty rows ${rows} cols 100; ${line}`
  const shown = join(folder, 'shown')
  const variables = Object.fromEntries(Object.entries(more).map(([name, value]) => [name, String(value)]))
  const run = runProcess(t, 'script', ['-qec', command, shown], { ...environment, ...variables }, { cwd: folder })
  const code = await run.exited
  return { code, shown: readFileSync(shown, 'utf8'), read: (file: string) => readFileSync(join(folder, file)) }
}

const terminal = withTools('script', 'stty')
const green = '\u001b[32m'

for (const [how, path] of [
  ['in process', config],
  ['through a service', bridged],
] as const)
  t.test(`in a terminal a read ${how} shows bars, and its messages stay apart`, terminal, async (t) => {
    const line = `${bench.program} read --config ${path} --catalog ${catalog} > messages.ndjson`
    const { code, shown, read } = await runInTerminal(t, line)
    t.equal(code, 0, shown)
    t.match(shown, /contacts +\S*█+/)
    t.match(shown, /tags .*100% /)
    t.ok(shown.includes(green))
    t.ok(shown.includes('\u001b[?25h'), 'the cursor is there again')
    t.notMatch(shown, /"RECORD"/)
    t.same((await judge(service.intercom, read('messages.ndjson'), { expectStreams: ['contacts', 'tags'] })).faults, [])
  })

t.test('with NO_COLOR, or too few rows, it keeps to what the terminal is for', terminal, async (t) => {
  const line = `${bench.program} read --config ${config} --catalog ${catalog} > messages.ndjson`
  const plain = await runInTerminal(t, line, { NO_COLOR: '1' })
  t.match(plain.shown, /contacts +█+/)
  t.notOk(plain.shown.includes(green))
  const low = await runInTerminal(t, line, { rows: 5 })
  t.notMatch(low.shown, /█/)
  t.equal(low.code, 0)
})

t.test('a terminal that shows the messages is spared the bars', terminal, async (t) => {
  const { code, shown } = await runInTerminal(t, `${bench.program} read --config ${config} --catalog ${catalog}`)
  t.equal(code, 0)
  t.match(shown, /"RECORD"/)
  t.notMatch(shown, /█/)
})

t.test('watch shows the bars of a job, and tells its end', terminal, async (t) => {
  const { shown, code, read } = await runInTerminal(
    t,
    `job=$(${bench.program} jobs run --config ${config} --streams contacts,tags --json | sed 's/.*"jobId":\\([0-9]*\\).*/\\1/')
     ${bench.program} watch $job > end.txt`,
  )
  t.equal(code, 0, shown)
  t.match(shown, /^Job \d+ (is|has) /m)
  t.match(shown, /contacts +\S*█+/)
  t.match(read('end.txt').toString(), /^Job \d+ has succeeded(?: after [\d.]+ s)?: [\d,]+ records/)
})
