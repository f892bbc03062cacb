import t from 'tap'
import { lastStates } from '../../simulator/oracle/last-states.ts'
import { streamNames } from '../../simulator/records/streams.ts'
import { startBridgedService } from '../support/bridged-service.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { onlyProgress, openConnector } from '../support/connector.ts'
import { judge, parseLines } from '../support/engine.ts'
import { findFreePort } from '../support/free-port.ts'
import { scrape } from '../support/metrics.ts'
import { untilHolds } from '../support/polling.ts'

const token = 'simulator-token'
const service = await startBridgedService(t, { contacts: 700, conversations: 40, companies: 30, longConversations: 1 })
const bench = openConnector(t)
const access = { service_url: service.url, service_api_key: service.key }
const config = bench.write('config.json', { access_token: token, ...access })
const catalog = bench.write('catalog.json', configuredCatalog([...streamNames]))

/** How many messages of a job were acknowledged. */
const acknowledged = (jobId: number | undefined) =>
  service.redis.connect().hget(`intercom-sync:{job:${jobId}}:record`, 'ackedOffset')

/** Nothing that came out may hold what nobody but the service may know. */
const showsSecrets = (texts: (string | Buffer)[]) =>
  texts.some((text) => text.includes(service.key) || text.includes(token))

t.test('a read prints the log of a job as it is, and the next one from its states nothing', async (t) => {
  const first = await bench.run(['read', '--config', config, '--catalog', catalog])
  t.match({ ...first, stdout: '' }, { end: 0, stderr: onlyProgress })
  const report = await judge(service.intercom, first.stdout, { expectStreams: [...streamNames] })
  t.same(report.faults, [])
  const [job] = await service.jobs()
  t.match(job, { status: 'succeeded' })
  t.ok(first.stdout.equals(await service.messages(job?.jobId ?? 0)), 'byte for byte')
  t.equal(await acknowledged(job?.jobId), String(job?.messageCount), 'where there is no room, its log may give way')
  t.notOk(showsSecrets([first.stdout, first.stderr]))

  const states = (await lastStates([first.stdout])) as { stream: { stream_descriptor: { name: string } } }[]
  const state = bench.write('state.json', states)
  const second = await bench.run(['read', '--config', config, '--catalog', catalog, '--state', state])
  t.equal(second.end, 0)
  t.same(
    parseLines(second.stdout).filter(({ type }) => type === 'RECORD'),
    [],
  )
})

t.test('check and discover are answered by the service', async (t) => {
  const check = await bench.run(['check', '--config', config])
  t.equal(check.end, 0)
  t.match(parseLines(check.stdout), [{ type: 'CONNECTION_STATUS', connectionStatus: { status: 'SUCCEEDED' } }])
  const discover = await bench.run(['discover', '--config', config])
  t.equal(discover.end, 0)
  t.match(parseLines(discover.stdout), [{ type: 'CATALOG' }])
  t.notOk(showsSecrets([check.stdout, check.stderr, discover.stdout, discover.stderr]))
})

t.test('a connection of the service stands in for the token, and one that is busy is waited for', async (t) => {
  const body = JSON.stringify({ config: { access_token: token }, catalog: configuredCatalog(['tags', 'contacts']) })
  t.equal((await service.fetch('/v1/connections/kept', { method: 'PUT', body })).status, 201)
  const kept = bench.write('kept.json', { ...access, connection_id: 'kept' })
  const tags = bench.write('tags.json', configuredCatalog(['tags']))
  const check = await bench.run(['check', '--config', kept])
  t.match(parseLines(check.stdout), [{ type: 'CONNECTION_STATUS', connectionStatus: { status: 'SUCCEEDED' } }])
  const discover = await bench.run(['discover', '--config', kept])
  t.match(parseLines(discover.stdout), [{ type: 'CATALOG' }])
  const read = await bench.run(['read', '--config', kept, '--catalog', tags])
  t.equal(read.end, 0)
  t.same((await judge(service.intercom, read.stdout, { expectStreams: ['tags'] })).faults, [])
  const [job] = await service.jobs()
  t.match(job, { connectionId: 'kept', status: 'succeeded' })
  t.equal(await acknowledged(job?.jobId), null, 'the state of the connection is for its own client to move')

  service.intercom.faults.next([{ match: { path: '/contacts/search' }, repeat: 2, holdUntil: 'seen' }])
  await service.fetch('/v1/jobs', { method: 'POST', body: JSON.stringify({ connectionId: 'kept' }) })
  const [first] = await service.jobs()
  const waiting = bench.start(['read', '--config', kept, '--catalog', tags])
  const refused = 'intercom_sync_http_requests_total{method="POST",route="/v1/jobs",status="4xx"}'
  await untilHolds(async () => (await scrape(service.url)).has(refused))
  service.intercom.faults.open('seen')
  const { end, stdout } = await waiting.finished
  t.equal(end, 0)
  t.same((await judge(service.intercom, stdout, { expectStreams: ['tags'] })).faults, [])
  t.match(await service.untilStatus(first?.jobId ?? 0, 'succeeded'), { status: 'succeeded' }, 'the other had its time')
})

t.test('a platform that starts one attempt twice gets one job', async (t) => {
  const tags = bench.write('tags.json', configuredCatalog(['tags']))
  const read = (attempt: string) =>
    bench.run(['read', '--config', config, '--catalog', tags], {
      environment: { WORKER_JOB_ID: '77', WORKER_JOB_ATTEMPT: attempt },
    })
  const before = (await service.jobs()).length
  const first = await read('0')
  const again = await read('0')
  t.equal(first.end, 0)
  t.equal(again.end, 0)
  t.ok(first.stdout.equals(again.stdout))
  t.equal((await service.jobs()).length, before + 1)
  t.equal((await read('1')).end, 0)
  t.equal((await service.jobs()).length, before + 2)
})

/** What is wrong, and the member of the config that the message has to name. */
const wrongConfigs: [what: string, config: object, named: RegExp][] = [
  [
    'a key of nobody',
    { access_token: token, service_url: service.url, service_api_key: 'x'.repeat(40) },
    /service_api_key/,
  ],
  ['a connection that is not there', { ...access, connection_id: 'nobody' }, /connection_id/],
  ['no token and no connection', access, /access_token/],
  ['plain http to elsewhere', { access_token: token, service_url: 'http://192.0.2.1:8080' }, /service_url.*https/],
  [
    'something else at the address',
    { access_token: token, service_url: service.intercom.url },
    /service_url|service_api_key/,
  ],
  ['no address', { access_token: token, service_url: 'ftp://127.0.0.1' }, /service_url/],
  ['a key in the address', { access_token: token, service_url: `http://x:${service.key}@127.0.0.1` }, /service_url/],
]

for (const [what, wrong, named] of wrongConfigs)
  t.test(`${what} is for the user to mend, and named`, async (t) => {
    const path = bench.write('wrong.json', wrong)
    const check = await bench.run(['check', '--config', path])
    t.equal(check.end, 0)
    const status = { status: 'FAILED', message: named }
    t.match(parseLines(check.stdout), [{ type: 'CONNECTION_STATUS', connectionStatus: status }])
    const read = await bench.run(['read', '--config', path, '--catalog', catalog])
    t.equal(read.end, 1)
    const error = { failure_type: 'config_error', message: named }
    t.match(parseLines(read.stdout), [{ type: 'TRACE', trace: { type: 'ERROR', error } }])
    t.notOk(showsSecrets([check.stdout, check.stderr, read.stdout, read.stderr]))
  })

t.test('a service that is down is no verdict: it may be back later', async (t) => {
  const away = {
    access_token: token,
    service_url: `http://127.0.0.1:${await findFreePort()}`,
    service_api_key: service.key,
  }
  const check = await bench.run(['check', '--config', bench.write('away.json', away)])
  t.equal(check.end, 1)
  const error = { failure_type: 'transient_error', internal_message: 'service_unavailable', message: /service_url/ }
  t.match(parseLines(check.stdout), [{ type: 'TRACE', trace: { type: 'ERROR', error } }])
  t.notOk(showsSecrets([check.stdout, check.stderr]))
})
