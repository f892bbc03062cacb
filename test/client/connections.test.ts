import t from 'tap'
import { startBridgedService } from '../support/bridged-service.ts'
import { openConnector } from '../support/connector.ts'

const service = await startBridgedService(
  t,
  { contacts: 5, conversations: 0, companies: 0, longConversations: 0 },
  {
    WEBHOOK_ALLOW: '127.0.0.1',
  },
)
const bench = openConnector(t)
const token = 'simulator-token'
const environment = { INTERCOM_SYNC_URL: service.url, INTERCOM_SYNC_API_KEY: service.key, ACME_TOKEN: token }

async function run(args: string[], more: Record<string, string> = {}, stdin?: string) {
  const running = bench.start(args, { environment: { ...environment, ...more }, stdin: stdin !== undefined })
  running.child.stdin?.end(stdin)
  const { end, stdout, stderr } = await running.finished
  for (const secret of [service.key, token, 'c2VjcmV0'])
    if (stdout.includes(secret) || stderr.includes(secret)) throw new Error('a secret is shown')
  return { end, stdout: stdout.toString(), stderr }
}

/** A file of two connections, one by a variable, one by a file beside it. */
const declare = (streams: string) => `connections:
  acme:
    config:
      access_token: \${ACME_TOKEN}
      start_date: 2024-01-31T00:00:00Z
    streams: [${streams}]
  beta:
    config: {access_token: "\${file:beta.token}"}
    streams: [tags]
`

t.test('connections are made, changed, and left as they are, and it is told which', async (t) => {
  bench.write('beta.token', `${token}\n`)
  const path = bench.write('connections.yaml', declare('contacts'))
  const apply = () => run(['connections', 'apply', path])
  t.same(await apply(), { end: 0, stdout: 'acme: created\nbeta: created\n', stderr: '' })
  t.same(await apply(), { end: 0, stdout: 'acme: unchanged\nbeta: unchanged\n', stderr: '' })
  bench.write('connections.yaml', declare('contacts, tags'))
  t.same(await apply(), { end: 0, stdout: 'acme: changed\nbeta: unchanged\n', stderr: '' })
  bench.write('beta.token', 'another-token\n')
  const refused = await apply()
  t.match(refused, { end: 1, stdout: 'acme: unchanged\n', stderr: /beta: .*does not accept the access token/ })
  const stored = await run(['connections', 'apply', path, '--unchecked'])
  t.same(stored, { end: 0, stdout: 'acme: unchanged\nbeta: changed\n', stderr: '' }, 'a secret, too')
  const diff = (...more: string[]) => run(['connections', 'diff', path, ...more])
  t.same(await diff(), { end: 0, stdout: '', stderr: '' })
  bench.write('beta.token', token)
  const mask = '**********'
  const differs = `beta: would be changed\n  - /config/access_token ${mask}\n  + /config/access_token ${mask}\n`
  t.same(await diff(), { end: 1, stdout: differs, stderr: '' })
  t.match(JSON.parse((await diff('--json')).stdout), [
    { change: 'unchanged' },
    { connectionId: 'beta', change: 'changed' },
  ])
  t.match(await run(['connections', 'diff', 'nowhere.yaml']), { end: 2, stdout: '', stderr: /cannot be read/ })
  t.match(await run(['connections', 'diff', path, '--url', 'http://127.0.0.1:9']), { end: 2, stdout: '' })
  const json = await run(['connections', 'apply', path, '--json'])
  t.same(JSON.parse(json.stdout), [
    { connectionId: 'acme', change: 'unchanged', warnings: [] },
    { connectionId: 'beta', change: 'changed', warnings: [] },
  ])

  const job = await run(['jobs', 'run', '--connection', 'acme', '--wait', '--json'])
  t.equal(job.end, 0)
  const { jobId, messageCount, ...told } = JSON.parse(job.stdout)
  t.match(told, { status: 'succeeded', connectionId: 'acme' })
  const acknowledge = (offset: number) => run(['jobs', 'ack', String(jobId), String(offset)])
  t.match(await acknowledge(messageCount + 1), { end: 1, stderr: /but the log has \d+ messages/ })
  const said = `${messageCount} messages of job ${jobId} acknowledged\n`
  t.same(await acknowledge(messageCount), { end: 0, stdout: said, stderr: '' })
  const states = (await (await service.fetch('/v1/connections/acme/state')).json()) as unknown[]
  t.equal(states.length, 1, 'contacts have a state; tags, read whole, have none')
})

t.test('they are listed and shown without their secrets', async (t) => {
  t.match(await run(['connections', 'list']), { end: 0, stdout: /^CONNECTION .*\nacme +20.*\nbeta +20.*\n$/ })
  t.match(await run(['connections', 'show', 'acme']), {
    end: 0,
    stdout:
      /^Connection acme, [\s\S]*access_token +\*+\n +start_date +2024-01-31T00:00:00Z\nStreams:\n +contacts +incremental\n/,
  })
  const list = JSON.parse((await run(['connections', 'list', '--json'])).stdout) as { connectionId: string }[]
  t.same(
    list.map(({ connectionId }) => connectionId),
    ['acme', 'beta'],
  )
  t.match(JSON.parse((await run(['connections', 'show', 'beta', '--json'])).stdout), { connectionId: 'beta' })
  const shown = (await run(['connections', 'show', 'acme'])).stdout
  t.match(shown, /\nAccess: by an access token, workspace \w+, checked 20\S+Z\n/)
  t.match(await run(['connections', 'show', 'nobody']), { end: 1, stderr: /no such connection/ })
})

t.test('a schedule is set and shown, and secrets stay; it is paused and goes on', async (t) => {
  const cron = ['--cron', '0 3 * * *', '--time-zone', 'Europe/Berlin', '--ack', 'on_success']
  t.match(await run(['connections', 'schedule', 'acme', ...cron]), {
    end: 0,
    stdout:
      /^Schedule: 0 3 \* \* \* Europe\/Berlin; acknowledged by each job that succeeds\nHealth: ok; last success 20/,
  })
  const anew = await run(['connections', 'schedule', 'acme', '--cron', '30 4 * * *'])
  t.match(anew, { end: 0, stdout: /^Schedule: 30 4 \* \* \* Europe\/Berlin;/ }, 'the clock stays')
  t.match(await run(['connections', 'schedule', 'acme', '--time-zone', 'Asia/Tokyo']), {
    end: 0,
    stdout: /^Schedule: 30 4 \* \* \* Asia\/Tokyo;/,
  })
  const ofInterval = await run(['connections', 'schedule', 'acme', '--every', 'PT6H', '--json'])
  t.match(JSON.parse(ofInterval.stdout), { schedule: { type: 'interval', every: 'PT6H' }, ack: 'on_success' })
  t.match(await run(['connections', 'pause', 'acme']), { end: 0, stdout: /^Schedule: every PT6H, paused;/ })
  t.match(await run(['connections', 'list']), { stdout: /^acme .* every PT6H, paused +ok$/m })
  t.match(await run(['connections', 'resume', 'acme']), { end: 0, stdout: /\nNext: 20/ })
  t.match(await run(['connections', 'show', 'acme']), { stdout: /\nSchedule: every PT6H; / })
  t.match(await run(['connections', 'schedule', 'acme', '--every', 'PT1S']), { end: 2, stderr: /schedule\/every/ })
  t.match(await run(['connections', 'schedule', 'acme']), { end: 2, stderr: /give --cron, .* or --ack/ })
  t.match(await run(['connections', 'schedule', 'acme', '--time-zone', 'Asia/Tokyo']), {
    end: 2,
    stderr: /--time-zone needs --cron/,
  })
  t.match(await run(['connections', 'schedule', 'acme', '--manual', '--every', 'PT1H']), {
    end: 2,
    stderr: /give one of/,
  })
  await run(['connections', 'schedule', 'acme', '--manual', '--ack', 'client'])
  const path = bench.write('connections.yaml', declare('contacts, tags'))
  t.match(await run(['connections', 'apply', path]), { stdout: /^acme: unchanged\n/ }, 'the secret has stayed')
})

t.test('a connection is patched, cloned and refreshed', async (t) => {
  const path = bench.write(
    'patch.yaml',
    `config: {access_token: "\${ACME_TOKEN}", start_date: null}\nstreams: [contacts]\n`,
  )
  t.same(await run(['connections', 'patch', 'acme', path]), { end: 0, stdout: 'acme: changed\n', stderr: '' })
  const shown = JSON.parse((await run(['connections', 'show', 'acme', '--json'])).stdout)
  t.notOk('start_date' in shown.config)
  t.match(await run(['connections', 'patch', 'acme', '-'], {}, '{"schedule": {"every": "PT1H"}}'), {
    end: 2,
    stderr: /schedule\/every belongs to the type interval/,
  })
  t.match(await run(['connections', 'patch', 'acme', '-'], {}, '[]'), { end: 2, stderr: /must hold the members/ })
  t.same(await run(['connections', 'clone', 'acme', 'copy']), { end: 0, stdout: 'copy: created\n', stderr: '' })
  t.match(await run(['connections', 'clone', 'acme', 'copy']), { end: 1, stderr: /copy already/ })
  const refresh = ['connections', 'refresh', 'acme', '--streams', 'contacts', '--since', '2000-01-01T00:00:00Z']
  t.match(await run([...refresh, '--wait']), { end: 0, stdout: /has succeeded.*\b(5|\d\d) records/ })
  t.match(await run([...refresh, '--until', '2000-01-02T00:00:00Z', '--wait']), {
    end: 0,
    stdout: /has succeeded.*: 0 records/,
  })
  t.match(await run(['connections', 'refresh', 'acme', '--streams', 'contacts']), { end: 2, stderr: /--since/ })
})

t.test('the file may be stdin', async (t) => {
  const text = `connections: {piped: {config: {access_token: "\${ACME_TOKEN}"}, streams: [tags]}}`
  t.match(await run(['connections', 'apply', '-'], {}, text), { end: 0, stdout: 'piped: created\n' })
})

/** What is wrong with a file, the file, and what is told. Nothing is put then. */
const wrong: [what: string, text: string, told: RegExp][] = [
  [
    'a variable that is not set',
    declare('tags').replace('ACME_TOKEN', 'NO_TOKEN'),
    /acme\/config\/access_token needs the environment variable NO_TOKEN/,
  ],
  [
    'a file that is not there',
    declare('tags').replace('beta.token', 'no.token'),
    /beta\/config\/access_token names the file no\.token/,
  ],
  [
    'a reference to nothing',
    declare('tags').replace('{ACME_TOKEN}', '{c2V token}'),
    /neither \$\{NAME\} nor \$\{file:PATH\}/,
  ],
  ['no YAML', 'connections:\n  acme: {config: "c2VjcmV0\n', /wrong\.yaml is not YAML: look at line \d+, column \d+/],
  ['an id that is none', declare('tags').replace('acme', 'a b'), /wrong\.yaml:3#\/connections\/a b must/],
  ['no connections', 'acme: {}', /#\/connections must hold at least one connection/],
  ['a member that is not known', `${declare('tags')}conections: {}\n`, /wrong\.yaml:10#\/conections is not known here/],
  [
    'an unknown tag',
    declare('tags').replace('"${file', '!secret "${file'),
    /has a tag that is not known: look at line 8/,
  ],
  [
    'an alias to nothing',
    declare('tags').replace('[tags]', '*c2VjcmV0'),
    /wrong\.yaml has an alias that leads nowhere/,
  ],
  ['an alias to itself', declare('tags').replace('acme:', 'acme: &acme\n    more: *acme'), /an alias that leads/],
  ['a stream of nobody', declare('tag'), /wrong\.yaml:6#\/connections\/acme\/streams\/0 "tag" is no stream/],
]

for (const [what, text, told] of wrong)
  t.test(`${what} is told with its place, and the file is not quoted`, async (t) => {
    const path = bench.write('wrong.yaml', text)
    t.match(await run(['connections', 'apply', path]), { end: 2, stdout: '', stderr: told })
  })

t.test('a key that no header can hold is told by its name, and not shown', async (t) => {
  for (const key of ['c2VjcmV0\nsecret', 'c2VjcmV0–', 'c2VjcmV0 secret'])
    t.match(await run(['jobs', 'list'], { INTERCOM_SYNC_API_KEY: key }), {
      end: 2,
      stderr: /INTERCOM_SYNC_API_KEY must be an API key/,
    })
})

t.test('two dollar signs stand for one', async (t) => {
  const text = `connections: {dollar: {config: {access_token: "$\${ACME_TOKEN}"}, streams: [tags]}}`
  t.match(await run(['connections', 'apply', '-', '--unchecked'], {}, text), { end: 0 })
  const job = await run(['jobs', 'run', '--connection', 'dollar', '--wait'])
  t.match(job, { end: 1, stdout: /access token/ }, 'the token is the text itself')
})

t.test('webhooks of a file get a secret, which is shown once; what they were told is listed', async (t) => {
  const text = `connections:
  hooked:
    config: {access_token: "\${ACME_TOKEN}"}
    streams: [tags]
    webhooks: [{url: "https://hooks.test/a"}]
`
  const apply = () => run(['connections', 'apply', '-'], {}, text)
  const url = 'https://hooks.test/a'
  const secret = new RegExp(`^hooked: created\\nhooked: the secret of ${url} is whsec_\\S+; it is shown this once\\n$`)
  t.match(await apply(), { end: 0, stdout: secret })
  t.match(await apply(), { end: 0, stdout: /^hooked: unchanged\n$/ })
  const patch = (...more: string[]) =>
    run(
      ['connections', 'patch', 'hooked', '-', ...more],
      {},
      JSON.stringify({ webhooks: [{ url }, { url: `${url}b` }] }),
    )
  t.match(await patch(), {
    end: 0,
    stdout: new RegExp(`^hooked: changed\\nhooked: the secret of ${url}b is whsec_\\S+; it is shown this once\\n$`),
    stderr: /connections test-webhooks hooked\n$/,
  })
  t.match(await patch(), { end: 0, stdout: /^hooked: unchanged\n$/ })
  t.match(await apply(), { end: 0, stdout: /^hooked: changed\n$/ })
  t.match(await run(['connections', 'show', 'hooked']), {
    stdout: new RegExp(`\\nWebhooks:\\n +${url} +job.succeeded, `),
  })
  const sent = await run(['connections', 'test-webhooks', 'hooked', '--json'])
  const [{ deliveryId }] = JSON.parse(sent.stdout) as [{ deliveryId: string }]
  const row = new RegExp(`^DELIVERY .*\\n${deliveryId} .* webhook.test +\\w+ .* ${url}\\n$`)
  t.match(await run(['connections', 'deliveries', 'hooked']), { end: 0, stdout: row })
  t.match(await run(['connections', 'retry-delivery', 'hooked', deliveryId]), { end: 0, stdout: row })
  t.match(await run(['connections', 'deliveries', 'hooked', '--status', 'delivered', '--json']), { stdout: '[]\n' })
  t.match(await run(['connections', 'retry-delivery', 'hooked', 'msg_0']), { end: 1, stderr: /no such delivery/ })
  t.match(await run(['connections', 'test-webhooks', 'acme']), { end: 0, stderr: /has no webhooks/ })
})

t.test('a test of webhooks waits for what they answer', async (t) => {
  const url = `${service.intercom.url}/_simulator/webhook`
  const made = await run(['connections', 'patch', 'hooked', '-'], {}, JSON.stringify({ webhooks: [{ url }] }))
  t.match(made, { end: 0, stdout: /the secret of http:\S+ is whsec_/ })
  t.match(await run(['connections', 'test-webhooks', 'hooked']), {
    end: 0,
    stdout: / webhook\.test +delivered +1 +204 /,
    stderr: '',
  })
})
