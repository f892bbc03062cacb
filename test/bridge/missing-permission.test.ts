import t from 'tap'
import { startBridgedService } from '../support/bridged-service.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { openConnector } from '../support/connector.ts'
import { parseLines } from '../support/engine.ts'

t.setTimeout(120_000)

const access_token = 'token-without-tags'
const service = await startBridgedService(t, { contacts: 30, accessTokens: { [access_token]: ['read_tags'] } })
const bench = openConnector(t)
const access = { service_url: service.url, service_api_key: service.key }
const catalog = bench.write('two.json', configuredCatalog(['contacts', 'tags']))
const read = (config: object) =>
  bench.run(['read', '--config', bench.write('config.json', { ...access, ...config }), '--catalog', catalog])
const errorsIn = (stdout: Buffer) => parseLines(stdout).flatMap(({ trace }) => trace?.error ?? [])

t.test('a missing permission fails a read, also where the connection leaves streams out', async (t) => {
  const settings = { config: { access_token }, streams: ['contacts', 'tags'], onMissingPermission: 'skip' }
  const put = await service.fetch('/v1/connections/narrow', { method: 'PUT', body: JSON.stringify(settings) })
  t.equal(put.status, 201)
  const { end, stdout } = await read({ connection_id: 'narrow' })
  t.equal(end, 1, 'exit code 0 would say that tags is complete, and has no records')
  const statuses = parseLines(stdout).flatMap(({ trace }) => trace?.stream_status ?? [])
  t.ok(statuses.some(({ stream_descriptor, status }) => stream_descriptor.name === 'contacts' && status === 'COMPLETE'))
  t.notOk(statuses.some(({ stream_descriptor }) => stream_descriptor.name === 'tags'))
  t.match(errorsIn(stdout), [{ message: /left out tags.*permission.*deselect tags/, failure_type: 'config_error' }])
  t.match((await service.jobs())[0], { status: 'succeeded' })

  const config = bench.write('config.json', { ...access, connection_id: 'narrow' })
  const checked = await bench.run(['check', '--config', config])
  t.equal(checked.end, 0)
  t.match(checked.stdout.toString(), /SUCCEEDED.*leave out \(in Airbyte: deselect\) tags\./)
})

t.test('with a config of its own it fails in the usual way, and check names what to deselect', async (t) => {
  const { end, stdout } = await read({ access_token })
  t.equal(end, 1)
  t.match(errorsIn(stdout), [{ message: /tags: .*Read tags/, stream_descriptor: { name: 'tags' } }])
  const config = bench.write('config.json', { ...access, access_token })
  const checked = await bench.run(['check', '--config', config])
  t.equal(checked.end, 0)
  t.match(checked.stdout.toString(), /SUCCEEDED.*leave out \(in Airbyte: deselect\) tags\./)
})

t.test('if the connection leaves every stream out, the read fails and names the permission', async (t) => {
  const settings = { config: { access_token }, streams: ['tags'], onMissingPermission: 'skip' }
  const put = await service.fetch('/v1/connections/nothing', { method: 'PUT', body: JSON.stringify(settings) })
  t.equal(put.status, 201)
  const only = bench.write('one.json', configuredCatalog(['tags']))
  const config = bench.write('config.json', { ...access, connection_id: 'nothing' })
  const { end, stdout } = await bench.run(['read', '--config', config, '--catalog', only])
  t.equal(end, 1)
  t.match(errorsIn(stdout), [{ message: /no stream of the catalog.*Read tags/, failure_type: 'config_error' }])
  t.match((await service.jobs())[0], { status: 'failed' })
})
