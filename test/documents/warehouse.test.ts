import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Desk, openDesk, readBlocks } from '../support/documents.ts'
import { judge } from '../support/engine.ts'
import { withTools } from '../support/tools.ts'

/** `npm run try-warehouse` runs the recipes of the page in real warehouses; here it is about what they share. */

const page = readFileSync('docs/warehouse.md', 'utf8')
const blocks = readBlocks('docs/warehouse.md')
const files = readdirSync('docs/warehouse')
const workspace = { contacts: 40, companies: 10, conversations: 10, tickets: 10, activityLogs: 10 }
const loadPostgres = blocks.find(({ text }) => text.includes('@sync.json psql'))?.text ?? ''
const makeDatabase = blocks.find(({ text }) => text.includes('CREATE DATABASE'))?.text ?? ''
const storeConnection = blocks.find(({ heading }) => heading.startsWith('One connection'))?.text ?? ''

async function openWarehouse(
  t: Parameters<typeof openDesk>[0],
): Promise<Desk & { sync(body: string, command: string): ReturnType<Desk['run']> }> {
  const desk = await openDesk(t, workspace)
  for (const file of files) copyFileSync(join('docs/warehouse', file), join(desk.folder, file))
  const stored = await desk.run(storeConnection)
  if (stored.code !== 0) throw new Error(stored.stderr)
  return {
    ...desk,
    sync: (body, command) => desk.run(`./sync.sh ${body} ${command}`, { INTERCOM_SYNC_URL: `${desk.service}` }),
  }
}

const stateOf = async ({ service }: Desk) =>
  (await fetch(`${service}/v1/connections/prod/state`)).json() as Promise<unknown[]>
const messagesIn = ({ folder }: Desk) => readFileSync(join(folder, 'messages.ndjson'))
const recordsIn = (desk: Desk) =>
  messagesIn(desk)
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('{"type":"RECORD"'))
    .map((line) => (JSON.parse(line) as { record: { stream: string; data: { id: string } } }).record)
/** Streams that have a cursor. */
const moving = ({ stream }: { stream: string }) => !/^(admins|tags|teams|\w+_attributes)$/.test(stream)
/** Ids of the records of those streams that the last job brought. */
const movingIds = (desk: Desk) =>
  recordsIn(desk)
    .filter(moving)
    .map(({ data }) => data.id)
    .toSorted()

t.test('the page names every file beside it, and no other', async (t) => {
  t.same(
    [...new Set(Array.from(page.matchAll(/\(warehouse\/([\w.]+)\)/g), ([, file]) => file))].toSorted(),
    files.toSorted(),
  )
  for (const file of files)
    t.match(readFileSync(join('docs/warehouse', file), 'utf8'), new RegExp(`^(#|--) ${file}`, 'm'))
})

t.test('messages are acknowledged when they are loaded, and not before', withTools('curl', 'jq'), async (t) => {
  const desk = await openWarehouse(t)
  t.match(await desk.sync('@sync.json', 'false'), { code: 1 }, 'a loader that fails')
  t.same(await stateOf(desk), [])
  t.match(await desk.sync('@sync.json', 'cp messages.ndjson loaded'), { code: 0, stdout: '', stderr: '' })
  t.equal(readFileSync(join(desk.folder, 'loaded')).equals(messagesIn(desk)), true)
  t.match(await judge(desk.simulator, messagesIn(desk)), { ok: true })
  t.equal((await stateOf(desk)).length, 9, 'a state for each stream that has a cursor')

  const ids = desk.simulator.workspace.mutate({ kind: 'update', count: 3 })
  t.match(await desk.sync('@sync.json', 'true'), { code: 0 })
  t.same(movingIds(desk), ids.toSorted())
})

t.test('a job that fails is not loaded, and says why', withTools('curl', 'jq'), async (t) => {
  const desk = await openWarehouse(t)
  writeFileSync(join(desk.folder, 'wrong.json'), JSON.stringify({ config: { access_token: 'no-such-token' } }))
  t.match(await desk.sync('@wrong.json', 'touch loaded'), { code: 1, stderr: /"code":"token_invalid"/ })
  t.match(await desk.sync(`'{"connectionId": "none"}'`, 'touch loaded'), { code: 1, stderr: /connection_not_found/ })
  t.notOk(readdirSync(desk.folder).includes('loaded'))
})

t.test('a full refresh shows what was deleted, and leaves the state as it is', withTools('curl', 'jq'), async (t) => {
  const desk = await openWarehouse(t)
  t.match(await desk.sync('@sync.json', 'true'), { code: 0 })
  const state = await stateOf(desk)
  const [deleted] = desk.simulator.workspace.mutate({ kind: 'delete', count: 1 })
  const changed = desk.simulator.workspace.mutate({ kind: 'update', count: 2 })
  t.match(await desk.sync('@refresh.json', 'true'), { code: 0, stderr: '' })
  const contacts = recordsIn(desk).filter(({ stream }) => stream === 'contacts')
  t.equal(
    contacts.length,
    desk.simulator.workspace.collection('contacts').log.filter(({ visibleUntil }) => visibleUntil === null).length,
  )
  t.notOk(contacts.some(({ data }) => data.id === deleted))
  t.same(await stateOf(desk), state, 'though it was acknowledged')

  t.match(await desk.sync('@sync.json', 'true'), { code: 0 })
  t.same(movingIds(desk), changed.toSorted(), 'the next sync goes on where the last one ended')
})

t.test(
  'in a database made as the page says, parts go with their conversation when a job has read all conversations',
  withTools('curl', 'jq', 'psql', 'initdb'),
  async (t) => {
    const desk = await openWarehouse(t)
    const { startPostgres } = await import(join(process.cwd(), 'scripts', 'postgres.js'))
    const postgres = await startPostgres()
    t.teardown(postgres.stop)
    const path = { PATH: `${postgres.bin}:${process.env.PATH}` }
    const asReader = makeDatabase
      .replace(/^sudo apt-get .*\n/, '')
      .replaceAll('intercom', 'reader')
      .replace('sudo -u postgres psql', `psql -q ${postgres.url}`)
      .replace(':5432/', `:${postgres.port}/`)
    const made = await desk.run(`${asReader}printf %s "$DATABASE_URL"`, path)
    t.match(made, { code: 0, stderr: '' })
    const environment = { ...path, INTERCOM_SYNC_URL: desk.service, DATABASE_URL: made.stdout.trim() }
    const load = async (job: string) => {
      const { code, stderr } = await desk.run(loadPostgres.replace('@sync.json', job), environment)
      t.same({ code, stderr }, { code: 0, stderr: '' })
    }
    /** The conversations of the parts that are stored. */
    const parentsInPostgres = async () => {
      const parents = "SELECT DISTINCT parent FROM records WHERE stream = 'conversation_parts'"
      const { stdout } = await desk.run(`psql "$DATABASE_URL" -qAt -c "${parents}"`, environment)
      return stdout.split('\n').slice(0, -1).toSorted()
    }

    await load(`'{"connectionId": "prod", "streams": [{"name": "conversation_parts", "syncMode": "full_refresh"}]}'`)
    const all = await parentsInPostgres()
    t.ok(all.length > 5, 'parts without their conversations stay')
    await load(`'{"connectionId": "prod", "streams": ["conversation_parts"]}'`)
    t.same(await parentsInPostgres(), all)

    const deleted = desk.simulator.workspace.mutate({ stream: 'conversations', kind: 'delete', count: 2 })
    await load('@sync.json')
    t.same(await parentsInPostgres(), all, 'nothing tells that they were deleted')
    await load('@refresh.json')
    t.same(
      await parentsInPostgres(),
      all.filter((id) => !deleted.includes(id)),
    )
  },
)
