import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { streamTable } from '../../src/streams/table.ts'
import { capitalizeHeaders, type Desk, openDesk, readBlocks, retryRefusedCalls } from '../support/documents.ts'
import { judge } from '../support/engine.ts'
import { withTools } from '../support/tools.ts'

const text = readFileSync('README.md', 'utf8')
const blocks = readBlocks('README.md')
const curl = withTools('curl', 'jq')
const workspace = { contacts: 100, companies: 20, conversations: 20, longConversations: 0, rateLimitPerWindow: 100_000 }

/** The lines for a shell below a heading. */
const below = (heading: string) =>
  blocks.filter((block) => block.heading === heading && block.language === 'sh').map(({ text }) => text)

/** Without the blank lines, by which a running job shows that it lives. */
const linesOf = (desk: Desk) =>
  readFileSync(join(desk.folder, 'messages.ndjson'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
const recordsOf = (desk: Desk) => linesOf(desk).filter((line) => JSON.parse(line).type === 'RECORD')
const judgeRead = async (desk: Desk) => judge(desk.simulator, readFileSync(join(desk.folder, 'messages.ndjson')))

t.test('the README is short, names every stream that is read by default, and no job by its id', async (t) => {
  t.ok(text.split(/\s+/).length < 1800)
  const [intro = ''] = text.match(/^Fourteen streams are read by default.*$/m) ?? []
  const named = [...intro.matchAll(/`(\w+)`/g)].map(([, name]) => name)
  const usual = streamTable.flatMap(({ name, optIn }) => (optIn ? [] : [name]))
  t.same(named.toSorted(), usual.toSorted())
  t.notMatch(text, /jobs\/\d|"jobId": ?\d/)
})

t.test('git ignores the files that the lines of the README make in the folder', async (t) => {
  const ignored = readFileSync('.gitignore', 'utf8').split('\n')
  const lines = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text)
  const made = [...lines.join('\n').matchAll(/(?:[^-]> | -D )([\w.-]+)/g)].map(([, name = '']) => name)
  t.ok(made.includes('config.json') && made.includes('headers'))
  t.same(
    made.filter((name) => !ignored.includes(`/${name}`) && !ignored.includes(`/*.${name.split('.').at(-1)}`)),
    [],
  )
})

t.test('each way of the README stands in the table of ways, in order', async (t) => {
  const ways = [...text.matchAll(/^\|.*\| \[([\w ]+)\]\(#([\w-]+)\) +\|$/gm)].map(([, name = '', anchor]) => {
    t.equal(anchor, name.toLowerCase().replaceAll(' ', '-'))
    return name
  })
  t.same(
    [...text.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading),
    ways,
  )
})

t.test('the service: a job is read live, and asked how it ended', curl, async (t) => {
  const desk = await openDesk(t, workspace)
  retryRefusedCalls(desk)
  const [, , live = '', verdict = ''] = below('Service')
  t.match(await desk.run(live), { code: 0 })
  t.match(await judgeRead(desk), { ok: true })
  t.match(await desk.run(verdict), { code: 0, stdout: 'true\n' })
  capitalizeHeaders(desk)
  t.match(await desk.run(verdict), { code: 0, stdout: 'true\n' }, 'behind any proxy')

  const refused = live.replace('simulator-token', 'no-such-token')
  t.match(await desk.run(refused), { code: 0 }, 'the body of a job that failed ends, too')
  t.match(await desk.run(verdict), { code: 1, stdout: 'false\n' })
})

t.test('a connection: the second round brings only what has changed', curl, async (t) => {
  const desk = await openDesk(t, workspace)
  retryRefusedCalls(desk)
  const [make = '', round = ''] = below('Connection')
  t.match(await desk.run(make + round), { code: 0 })
  t.match(await judgeRead(desk), { ok: true })
  t.ok(recordsOf(desk).length > 100)

  const ids = desk.simulator.workspace.mutate({ kind: 'update', count: 5 })
  const [settings = ''] = make.split('\n')
  t.match(await desk.run(`${settings}\n${round}`), { code: 0 })
  const news = recordsOf(desk).map((line) => JSON.parse(line).record)
  t.same(
    news
      .filter(({ stream }) => stream === 'contacts')
      .map(({ data }) => data.id)
      .toSorted(),
    ids.toSorted(),
  )

  // A terminal goes on after a line that fails.
  const pasted = `set +e\n${make}\n${round}`
    .replace('simulator-token', 'no-such-token')
    // The reader insists on it.
    .replace('/connections/acme ', '/connections/acme?validate=false ')
  t.match(await desk.run(pasted), { code: 1, stdout: 'false\n' }, 'a job that failed is not acknowledged')
})

t.test('the command line: one process checks, discovers and reads', curl, async (t) => {
  const desk = await openDesk(t, workspace)
  cpSync('bin', join(desk.folder, 'bin'), { recursive: true })
  symlinkSync(fileURLToPath(new URL('../../', import.meta.url)), join(desk.folder, 'dist'))
  const [lines = ''] = below('Command line')
  // Compiled it is: otherwise this would not run.
  const [build, ...rest] = lines.split('\n')
  t.equal(build, 'npm run build')
  t.match(await desk.run(rest.join('\n')), { code: 0 })
  t.match(await judgeRead(desk), { ok: true })
})
