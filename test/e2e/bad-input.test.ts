import t from 'tap'
import { parseLines } from '../support/engine.ts'
import { startWholeService } from '../support/whole-service.ts'

const { url } = await startWholeService(t, ['--contacts', '50'])

const post = (body: object) =>
  fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

const config = { access_token: 'simulator-token' }

const bad: [string, object, string][] = [
  ['an unknown stream', { config, streams: ['contcats'] }, '/streams/0'],
  [
    'an unknown stream in a catalog',
    { config, catalog: { streams: [{ stream: { name: 'x' }, sync_mode: 'incremental' }] } },
    '/catalog/streams/0/stream/name',
  ],
  ['a date that does not exist', { config: { ...config, start_date: '2024-02-30T00:00:00Z' } }, '/config/start_date'],
  ['no token', { config: {} }, '/config/access_token'],
  ['no config', {}, '/config'],
  ['a damaged state', { config, state: [{ type: 'STREAM' }] }, '/state/0'],
]

for (const [what, body, pointer] of bad)
  t.test(`${what} is refused before anything is queued, with its place and the way out`, async (t) => {
    const response = await post(body)
    t.equal(response.status, 400)
    t.equal(response.headers.get('content-type'), 'application/problem+json')
    t.match(await response.json(), { code: 'invalid_request', errors: [{ pointer, detail: /\w/ }] })
  })

t.test('a token that Intercom does not accept fails the job as a config_error, told in the log too', async (t) => {
  const accepted = await post({ config: { access_token: 'revoked-token' } })
  t.equal(accepted.status, 202)
  const { jobId } = (await accepted.json()) as { jobId: number }
  const messages = Buffer.from(await (await fetch(`${url}/v1/jobs/${jobId}/messages`)).arrayBuffer())
  const job = await (await fetch(`${url}/v1/jobs/${jobId}`)).json()
  t.match(job, {
    status: 'failed',
    attempts: 1,
    failure: { code: 'token_invalid', failureType: 'config_error', message: /access_token/ },
  })
  const traces = parseLines(messages).flatMap(({ trace }) => trace ?? [])
  t.match(
    traces.flatMap(({ error }) => error ?? []),
    [{ failure_type: 'config_error' }],
  )
  const last = new Map(
    traces.flatMap(({ stream_status }) =>
      stream_status ? [[stream_status.stream_descriptor.name, stream_status.status] as const] : [],
    ),
  )
  t.same([...new Set(last.values())], ['INCOMPLETE'])
  t.notMatch(messages.toString(), /revoked-token/)
})

t.test('a job that nobody made is not there', async (t) => {
  const response = await fetch(`${url}/v1/jobs/999999`)
  t.equal(response.status, 404)
  t.match(await response.json(), { code: 'job_not_found' })
})
