import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { streamTable } from '../../src/streams/table.ts'
import { capitalizeHeaders, type Desk, openDesk, readBlocks, retryRefusedCalls } from '../support/documents.ts'
import { judge } from '../support/engine.ts'
import { withTools } from '../support/tools.ts'

const blocks = readBlocks('docs/http.md')
const fullRefresh = ['admins', 'company_attributes', 'contact_attributes', 'tags', 'teams']
const curl = withTools('curl', 'jq')

/** The blocks of a language below a heading. */
const below = (heading: string, language: string) =>
  blocks.filter((block) => block.heading === heading && block.language === language).map(({ text }) => text)

/** The answer that a heading shows. */
const shown = (heading: string) => JSON.parse(below(heading, 'json')[0] ?? '')

/** Without the blank lines, by which a running job shows that it lives. */
const linesOf = (desk: Desk, file: string) =>
  readFileSync(join(desk.folder, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
const recordsOf = (lines: string[]) => lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'RECORD')
const judgeFile = async (desk: Desk, file: string) => judge(desk.simulator, readFileSync(join(desk.folder, file)))

/** Runs a block whose last command writes to the terminal, and keeps that. */
const keep = (desk: Desk, block: string, file: string) => desk.run(`{ ${block}\n} > ${file}`)

t.test('every block of shell lines on the page is run here', async (t) => {
  t.same(
    blocks.filter(({ language }) => language === 'sh').map(({ heading }) => heading),
    [
      ...['Check a token, list the streams', 'Check a token, list the streams', 'How much will it be?'],
      ...['Messages live', 'Start a job and wait for it', 'Read on after a cut'],
      ...['What a token may read', 'Look at records'],
      ...['Cancel', 'The next sync'],
      ...[
        'Connections with and without their catalog',
        'Connections with and without their catalog',
        'Connections with and without their catalog',
      ],
    ],
  )
})

t.test('every curl line of docs/http.md works against the simulator, in the order it stands', curl, async (t) => {
  const desk = await openDesk(t, {})
  retryRefusedCalls(desk)
  const [check = '', discover = ''] = below('Check a token, list the streams', 'sh')
  const [estimate = ''] = below('How much will it be?', 'sh')
  const [live = ''] = below('Messages live', 'sh')
  const [start = ''] = below('Start a job and wait for it', 'sh')
  const [readOn = ''] = below('Read on after a cut', 'sh')
  const [mayRead = ''] = below('What a token may read', 'sh')
  const [look = ''] = below('Look at records', 'sh')
  const [cancel = ''] = below('Cancel', 'sh')
  const [next = ''] = below('The next sync', 'sh')

  t.same(JSON.parse((await desk.run(check)).stdout), shown('Check a token, list the streams'))

  const told = (await desk.run(mayRead)).stdout.trimEnd()
  t.match(told, /"name":"article_statistics","permissions":\[.*\],"requestPerParent":true/)
  t.match(told, /"workspaceId": "sim1"[\s\S]*\n\[\]$/)

  const listed = await desk.run(discover)
  t.same(listed.stdout.trimEnd().split('\n').toSorted(), streamTable.map(({ name }) => name).toSorted())
  t.equal(JSON.parse(readFileSync(join(desk.folder, 'catalog.json'), 'utf8')).type, 'CATALOG')

  t.match(JSON.parse((await desk.run(estimate)).stdout), { rowsBasis: /^(counted|guessed)$/, minutes: Number })

  t.match(await desk.run(live), { code: 0 })
  t.match(await judgeFile(desk, 'messages.ndjson'), { ok: true })

  const started = await desk.run(start)
  const { jobId } = JSON.parse(started.stdout) as { jobId: number }
  const job = await untilEnded(desk, jobId)
  const { jobId: _, createdAt, startTime, lastUpdatedAt, duration, logEpoch, bytesSynced, streams, ...lasting } = job
  const example = shown('Start a job and wait for it')
  t.match(example, lasting)
  t.ok(Math.abs(example.bytesSynced / bytesSynced - 1) < 0.01, 'the size that is shown is about the size that came')
  t.same(Object.keys(example).toSorted(), Object.keys(job).toSorted())
  t.same({ ...example.streams[0], cursor: streams[0].cursor }, streams[0])

  t.match(await keep(desk, readOn, 'rest.ndjson'), { code: 0 })
  t.same(linesOf(desk, 'rest.ndjson'), linesOf(desk, 'messages.ndjson').slice(1000))
  capitalizeHeaders(desk)
  t.match(await keep(desk, readOn, 'rest.ndjson'), { code: 0 }, 'behind any proxy')
  t.same(linesOf(desk, 'rest.ndjson'), linesOf(desk, 'messages.ndjson').slice(1000))

  const [header = ''] = readOn.split('\n')
  const looked = (await desk.run(`${header}\n${look}`)).stdout.trimEnd().split('\n')
  t.match(
    looked.map((line) => JSON.parse(line)),
    [{ stream: 'tags' }, { stream: 'tags' }, { stream: 'tags' }],
  )

  t.match(await desk.run(cancel), { code: 0, stdout: /"cancelled"\n$/ })

  t.match(await keep(desk, `${header}\n${next}`, 'next.ndjson'), { code: 0 })
  const again = new Set(recordsOf(linesOf(desk, 'next.ndjson')).map(({ record }) => record.stream))
  t.same([...again].toSorted(), fullRefresh, 'nothing has changed, and what is read whole comes anew')
})

t.test('a connection is made, shown short, and edited whole', curl, async (t) => {
  const desk = await openDesk(t, { contacts: 10, companies: 0, conversations: 0 })
  const [make = '', edit = '', patch = ''] = below('Connections with and without their catalog', 'sh')
  const made = await desk.run(make)
  t.equal(made.code, 0, made.stderr)
  t.same(JSON.parse(made.stdout), [
    { name: 'contacts', syncMode: 'incremental' },
    { name: 'tags', syncMode: 'full_refresh' },
  ])
  const edited = await desk.run(edit)
  t.equal(edited.code, 0, edited.stderr)
  const whole = await desk.run('curl -sS http://127.0.0.1:8080/v1/connections/prod')
  t.match(JSON.parse(whole.stdout), { config: { access_token: '**********', start_date: '2025-01-01T00:00:00Z' } })
  const patched = await desk.run(patch)
  t.equal(patched.code, 0, patched.stderr)
  const { config, schedule } = JSON.parse(patched.stdout)
  t.same([Object.keys(config), schedule], [['access_token'], { type: 'interval', every: 'PT6H' }])
  const body = `{"connectionId": "prod"}`
  const check = await desk.run(
    `curl -sS http://127.0.0.1:8080/v1/check -H 'Content-Type: application/json' -d '${body}'`,
  )
  t.match(JSON.parse(check.stdout), { connectionStatus: { status: 'SUCCEEDED' } }, 'the mask has kept the token')
})

/** Waits as the page says: asks again until the status is a last one. */
async function untilEnded(desk: Desk, jobId: number) {
  for (;;) {
    const { stdout } = await desk.run(`curl -s 'http://127.0.0.1:8080/v1/jobs/${jobId}?wait=60'`)
    const job = JSON.parse(stdout)
    if (['succeeded', 'failed', 'cancelled'].includes(job.status)) return job
  }
}
