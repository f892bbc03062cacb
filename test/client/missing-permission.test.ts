import t from 'tap'
import { startBridgedService } from '../support/bridged-service.ts'
import { openConnector } from '../support/connector.ts'

const token = 'a-token-that-may-not-read-tags'
const service = await startBridgedService(t, {
  contacts: 3,
  conversations: 0,
  companies: 0,
  longConversations: 0,
  accessTokens: { [token]: ['read_tags'] },
})
const bench = openConnector(t)
const environment = { INTERCOM_SYNC_URL: service.url, INTERCOM_SYNC_API_KEY: service.key }
const config = bench.write('config.json', { access_token: token })

async function run(...args: string[]) {
  const { end, stdout, stderr } = await bench.run(args, { environment })
  if (`${stdout}${stderr}`.includes(token)) throw new Error('a secret is shown')
  return { end, stdout: stdout.toString(), stderr }
}

/** A file with one connection. */
const declare = (more = '') =>
  bench.write(
    'connections.yaml',
    `connections: {acme: {config: {access_token: ${token}}, streams: [contacts, tags]${more}}}`,
  )

t.test('what the jobs of a connection will stumble over is told when it is applied', async (t) => {
  t.match(await run('connections', 'apply', declare()), {
    end: 0,
    stdout: /^acme: created\n$/,
    stderr: /^acme: tags: .*"Read tags".*jobs fail: leave out tags, or set onMissingPermission to "skip"\n$/,
  })
  t.match(await run('connections', 'show', 'acme'), {
    end: 0,
    stdout: /\nOn a missing permission: fail\nSchedule: manual/,
  })

  const json = await run('connections', 'apply', declare(', onMissingPermission: skip'), '--json')
  t.match(json, { end: 0, stderr: /^acme: tags: .*jobs leave out tags\n$/ })
  t.match(JSON.parse(json.stdout), [
    { connectionId: 'acme', change: 'changed', warnings: [/^tags: .*jobs leave out tags$/] },
  ])
  t.match(await run('connections', 'show', 'acme'), {
    end: 0,
    stdout: /\nOn a missing permission: skip\nSchedule: manual/,
  })
})

t.test('a job leaves streams out, or fails over them, as its command line says', async (t) => {
  const start = ['jobs', 'run', '--wait', '--on-missing-permission']
  const left = await run(...start, 'skip', '--config', config, '--streams', 'contacts,tags')
  t.match(left, { end: 0, stdout: /has succeeded[\s\S]*\n {2}tags +SKIPPED/ })
  const failed = await run(...start, 'fail', '--connection', 'acme')
  t.match(failed, { end: 1, stdout: /has failed/ }, 'whatever the connection says')
  t.match(await run(...start, 'ignore', '--config', config), {
    end: 2,
    stderr: /--on-missing-permission must be fail or skip, not "ignore"/,
  })
})
