import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { findRedisProgram } from '../../src/redis/redis-program.ts'
import { readConfig } from '../../src/settings/config.ts'
import { type Desk, openDesk, readBlocks } from '../support/documents.ts'
import { runProcess, runShell } from '../support/processes.ts'
import { onRealRedis } from '../support/redis.ts'
import { withTools } from '../support/tools.ts'

const blocks = readBlocks('docs/operations.md')
const command = fileURLToPath(new URL('../../../bin/intercom-sync', import.meta.url))
const workspace = { contacts: 30, conversations: 10, longConversations: 0, companies: 0, rateLimitPerWindow: 100_000 }

/** By the beginning of each block: what tries it. */
const tried = {
  'redis-cli -s': 'here',
  'maxmemory 2gb': 'here',
  'ACL SETUSER': 'test/redis/smallest-user.test.ts',
  'REDIS_URL=redis': 'test/redis/sentinel.test.ts, with addresses of its own',
  'export DATA_DIR': 'here',
  'url=http': 'here',
  'API_KEYS=': 'here',
  'ENCRYPTION_KEYS="k1:': 'here',
  'ENCRYPTION_KEYS="k2:': 'here',
  'jq -r': 'here',
  'location /sync/': 'test/http/below-a-path.test.ts',
  'docker build': 'npm run test:images, which builds the images',
  'mkdir -m 700 secrets': 'test/images.test.ts',
  'docker compose': 'npm run test:images, which runs what the file names',
  'INTERCOM_BASE_URL=': 'test/images.test.ts',
  'npm pack': 'test/packed.test.ts and test/deploy.test.ts',
  'groups:': 'test/documents/metrics.test.ts',
} as const

function blockOf(start: keyof typeof tried): string {
  return blocks.find(({ text }) => text.startsWith(start))?.text ?? ''
}

/** A desk at which `intercom-sync` is a command. */
async function openOperator(t: Test): Promise<Desk & { path: string }> {
  const desk = await openDesk(t, workspace)
  const bin = join(desk.folder, 'bin')
  mkdirSync(bin)
  symlinkSync(command, join(bin, 'intercom-sync'))
  return { ...desk, path: `${bin}:${process.env.PATH}` }
}

/** What a variable is after such an assignment. */
const assigned = async (t: Test, name: string, assignment: string): Promise<string> =>
  (await runShell(t, `${assignment}\nprintf %s "$${name}"`)).trim()

t.test('every block of the page is tried somewhere', async (t) => {
  const starts = blocks.map(({ text }) => Object.keys(tried).find((start) => text.startsWith(start)) ?? text)
  t.same(starts, Object.keys(tried))
})

t.test(
  'the socket of the embedded Redis is where the page says',
  { ...onRealRedis, ...withTools('jq', 'redis-cli') },
  async (t) => {
    const desk = await openDesk(t, workspace)
    t.match(await desk.run(blockOf('redis-cli -s')), { code: 0, stdout: /^intercom-sync:/m, stderr: '' })
  },
)

t.test(
  'a Redis with the settings of the page is one that the service finds nothing wrong with',
  onRealRedis,
  async (t) => {
    const desk = await openDesk(t, workspace)
    const file = join(desk.folder, 'redis.conf')
    const socket = join(desk.folder, 'own.sock')
    writeFileSync(file, `${blockOf('maxmemory 2gb')}port 0\nunixsocket ${socket}\ndir ${desk.folder}\n`)
    const [program = ''] = (await findRedisProgram(process.env.PATH ?? '')).command
    const redis = runProcess(t, program, [file])
    await redis.untilLine(/ready to accept connections/i)
    const settings = 'config get maxmemory-policy; config get appendonly; config get maxmemory; config get appendfsync'
    const asked = settings.split('; ').map((line) => `redis-cli -s ${socket} ${line}`)
    const said = await runShell(t, asked.join('\n'))
    t.same(said.trim().split('\n'), [
      ...['maxmemory-policy', 'noeviction', 'appendonly', 'yes'],
      ...['maxmemory', String(2 * 1024 ** 3), 'appendfsync', 'everysec'],
    ])
  },
)

t.test('one round of a connection, from its making to the acknowledgement', withTools('curl', 'jq'), async (t) => {
  const desk = await openDesk(t, workspace)
  const round = await desk.run(blockOf('url=http'))
  t.match(round, { code: 0, stderr: '', stdout: /true$/m })
  const messages = readFileSync(join(desk.folder, 'messages.ndjson'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  const { jobId } = JSON.parse(readFileSync(join(desk.folder, 'job.json'), 'utf8')) as { jobId: number }
  const job = (await (await fetch(`${desk.service}/v1/jobs/${jobId}`)).json()) as object
  t.match(job, { status: 'succeeded', messageCount: messages.length })
  const state = (await (await fetch(`${desk.service}/v1/connections/acme/state`)).json()) as object[]
  t.equal(state.length, 2, 'both streams go on from there')

  // A terminal goes on after a line that fails. With another key it is another job.
  const pasted = `set +e\n${blockOf('url=http')}`
    .replace('simulator-token', 'no-such-token')
    .replace('acme-', 'again-')
    // The operator insists on it.
    .replace('/connections/acme ', '/connections/acme?validate=false ')
  t.match(await desk.run(pasted), { code: 1, stdout: /false$/m }, 'a job that failed is not acknowledged')
})

t.test(
  'what is backed up with the commands of the page is restored by them',
  { ...onRealRedis, ...withTools('jq') },
  async (t) => {
    const desk = await openOperator(t)
    const environment = { PATH: desk.path }
    const [backUp = '', restore = ''] = blockOf('export DATA_DIR').split(/^(?=intercom-sync restore)/m)
    t.match(await desk.run(backUp, environment), { code: 0, stderr: '' })
    t.ok(existsSync(join(desk.folder, 'backup-of-today', 'dump.rdb')))
    const whileItRuns = await desk.run(`export DATA_DIR=data\n${restore}`, environment)
    t.match(whileItRuns, { code: 1, stderr: /is in use by the service/ }, 'after the service has ended')
    await desk.endService()
    t.match(await desk.run(`export DATA_DIR=data\n${restore}`, environment), { code: 0, stdout: /is restored/ })
  },
)

t.test(
  'keys made as the page says are keys that the service takes, before and after a rotation',
  withTools('openssl', 'jq'),
  async (t) => {
    const apiKeys = await assigned(t, 'API_KEYS', blockOf('API_KEYS='))
    const first = await assigned(t, 'ENCRYPTION_KEYS', blockOf('ENCRYPTION_KEYS="k1:'))
    const rotated = await assigned(
      t,
      'ENCRYPTION_KEYS',
      blockOf('ENCRYPTION_KEYS="k2:').replace('<the old one>', first.replace('k1:', '')),
    )
    const idsOf = (keys: string) =>
      readConfig({ API_KEYS: apiKeys, ENCRYPTION_KEYS: keys }).encryptionKeys.map(({ kid }) => kid)
    t.same(idsOf(first), ['k1'])
    t.same(idsOf(rotated), ['k2', 'k1'])

    const desk = await openDesk(t, workspace)
    const { stdout } = await desk.run(blockOf('jq -r'))
    const file = join(desk.folder, 'keys')
    writeFileSync(file, stdout)
    const taken = readConfig({ API_KEYS: apiKeys, ENCRYPTION_KEYS_FILE: file }).encryptionKeys
    const made = JSON.parse(readFileSync(join(desk.folder, 'data', 'keys.json'), 'utf8')) as {
      keys: { id: string; key: string }[]
    }
    t.same(
      taken.map(({ kid }) => kid),
      made.keys.map(({ id }) => id),
    )
  },
)
