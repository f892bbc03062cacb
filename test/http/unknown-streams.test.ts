import t from 'tap'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { judge, parseLines } from '../support/engine.ts'
import { startEngineService } from '../support/engine-service.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { startRedis } from '../support/redis.ts'
import { withUnknown } from '../support/unknown-stream.ts'

const server = await startRedis(t)
const intercom = await listenSimulator(t, { contacts: 30, conversations: 0, companies: 0 })
const api = await startEngineService(t, server, { intercomUrl: intercom.url })

const config = { access_token: 'simulator-token' }
const catalog = withUnknown(configuredCatalog(['contacts', 'tags']), 'of_a_later_version')

async function call(method: string, path: string, body: object) {
  const headers = { 'content-type': 'application/json' }
  const response = await api.fetch(path, { method, headers, body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** A later version on the same Redis has stored the connection. */
const { states: _, ...settings } = parseSyncRequest({ config, catalog }, 'keep')
await api.store.connections.put('default', 'later', settings)

t.test(
  'the jobs of a connection that a later version stored read all that is here, and fail at their end',
  async (t) => {
    const { body } = await call('POST', '/v1/jobs', { connectionId: 'later' })
    const messages = Buffer.from(await (await api.fetch(`/v1/jobs/${body.jobId}/messages`)).arrayBuffer())
    const job = (await (await api.fetch(`/v1/jobs/${body.jobId}`)).json()) as Record<string, unknown>
    t.match(job, {
      status: 'failed',
      failure: { code: 'unknown_stream', failureType: 'config_error', streamName: 'of_a_later_version' },
      streams: [
        { streamName: 'of_a_later_version', status: 'INCOMPLETE', rowsSynced: 0 },
        { streamName: 'contacts', status: 'COMPLETE' },
        { streamName: 'tags', status: 'COMPLETE' },
      ],
    })
    t.same((await judge(intercom, messages, { expectStreams: ['contacts', 'tags'] })).faults, [])
    t.match(
      parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? log.message : [])),
      [/"of_a_later_version"/],
    )
  },
)

t.test('check says so of such a connection', async (t) => {
  t.match(await call('POST', '/v1/check', { connectionId: 'later' }), {
    status: 200,
    body: { connectionStatus: { status: 'SUCCEEDED', message: /fails each sync: "of_a_later_version"/ } },
  })
  await api.store.connections.put('default', 'nothing', {
    ...settings,
    catalog: { streams: settings.catalog.streams.slice(0, 1) },
  })
  t.match(await call('POST', '/v1/check', { connectionId: 'nothing' }), {
    body: { connectionStatus: { status: 'FAILED', message: /"of_a_later_version"/ } },
  })
})

t.test('what a person names must be there', async (t) => {
  const refused = {
    status: 400,
    body: { code: 'invalid_request', errors: [{ detail: /is no stream; discover lists what there is/ }] },
  }
  for (const [method, path, body] of [
    ['POST', '/v1/jobs', { config, catalog }],
    ['POST', '/v1/jobs', { connectionId: 'later', catalog }],
    ['POST', '/v1/jobs', { connectionId: 'later', streams: ['gone'] }],
    ['PUT', '/v1/connections/later', { config, catalog }],
  ] as const)
    t.match(await call(method, path, body), refused, `${method} ${path}`)
})
