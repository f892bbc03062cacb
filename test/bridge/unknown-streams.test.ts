import t from 'tap'
import { startBridgedService } from '../support/bridged-service.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { openConnector } from '../support/connector.ts'
import { judge, parseLines } from '../support/engine.ts'
import { stateForms } from '../support/state-forms.ts'
import { withUnknown } from '../support/unknown-stream.ts'

const service = await startBridgedService(t, { contacts: 30, conversations: 0, companies: 0 })
const bench = openConnector(t)
const access = { access_token: 'simulator-token', service_url: service.url, service_api_key: service.key }
const config = bench.write('config.json', access)
const known = configuredCatalog(['contacts', 'tags'])

async function read(catalog: object, state: unknown = []) {
  const files = ['--catalog', bench.write('catalog.json', catalog), '--state', bench.write('state.json', state)]
  const { end, stdout } = await bench.run(['read', '--config', config, ...files])
  return { end, stdout, messages: parseLines(stdout) }
}

const errorsIn = ({ messages }: Awaited<ReturnType<typeof read>>) => messages.flatMap(({ trace }) => trace?.error ?? [])

t.test('a stream that the service does not have is left out, and ends INCOMPLETE after the others', async (t) => {
  const run = await read(withUnknown(known, 'gone', 'lost'))
  t.equal(run.end, 1)
  const statuses = run.messages.flatMap(({ trace }) => trace?.stream_status ?? [])
  const told = (name: string) => statuses.flatMap((one) => (one.stream_descriptor.name === name ? one.status : []))
  t.same([told('gone'), told('lost')], Array(2).fill(['STARTED', 'INCOMPLETE']))
  t.same([told('contacts').at(-1), told('tags').at(-1)], ['COMPLETE', 'COMPLETE'])
  t.match(errorsIn(run), [
    { internal_message: 'unknown_stream', stream_descriptor: { name: 'gone' }, message: /no stream of the service's/ },
    { internal_message: 'unknown_stream', stream_descriptor: { name: 'lost' } },
  ])
  t.match(run.messages[0]?.log, { level: 'WARN', message: /"gone", "lost"/ })
  t.same((await judge(service.intercom, run.stdout, { expectStreams: ['contacts', 'tags'] })).faults, [])
  t.same(
    (await service.jobs()).map(({ status }) => status),
    ['succeeded'],
  )
})

t.test('if nothing is left, no job is started', async (t) => {
  const before = (await service.jobs()).length
  const run = await read(withUnknown({ streams: [] }, 'gone'))
  t.equal(run.end, 1)
  t.match(errorsIn(run), [{ internal_message: 'unknown_stream' }])
  t.equal((await service.jobs()).length, before)
})

t.test('what else the service refuses is told as before, and nothing is left out for it', async (t) => {
  const [contacts] = known.streams
  const twice = await read({ streams: [contacts, contacts] })
  t.match(
    [twice.end, errorsIn(twice)],
    [1, [{ message: /catalog\.json#\/streams\/1\/stream\/name contacts is named/ }]],
  )
  const odd = withUnknown({ streams: [{ ...contacts, sync_mode: 'never' }] }, 'gone')
  const both = await read(odd)
  t.match([both.end, errorsIn(both)], [1, [{ message: /"gone" is no stream.*sync_mode must be/ }]])
})

t.test('a stream that the API version lacks is refused, naming the version it came with', async (t) => {
  const before = (await service.jobs()).length
  const old = bench.write('old.json', { ...access, api_version: '2.11' })
  const catalog = bench.write('newer.json', configuredCatalog(['tags', 'brands']))
  const { end, stdout } = await bench.run(['read', '--config', old, '--catalog', catalog])
  t.equal(end, 1)
  const message = /brands came with version 2\.15 .*set api_version to 2\.15/
  t.match(
    parseLines(stdout).flatMap(({ trace }) => trace?.error ?? []),
    [{ message, failure_type: 'config_error' }],
  )
  t.equal((await service.jobs()).length, before)
})

t.test('a state in each form goes on where it ended, and a fault in one is told as the file has it', async (t) => {
  const first = await read(configuredCatalog(['contacts']))
  const [state] = first.messages.flatMap(({ state }) => state?.stream.stream_state ?? []).slice(-1)
  const written = { gone: { cursor: 1 }, contacts: state as object }
  const forms = ['the settings page', "the API's answer", 'blobs by stream'].map((form) =>
    stateForms.find(({ name }) => name === form)?.write(written),
  )
  for (const form of forms) {
    const run = await read(configuredCatalog(['contacts']), form)
    t.equal(run.end, 0)
    t.notOk(run.messages.some(({ type }) => type === 'RECORD'))
    t.match(
      run.messages.flatMap(({ log }) => log?.message ?? []),
      [/passed over: "gone"/],
    )
  }
  const page = [{ streamDescriptor: { name: 'contacts' }, streamState: { updated_at: 'soon' } }]
  for (const [wrong, place] of [
    [page, /state\.json#\/0\/streamState\/updated_at/],
    [{ stateType: 'stream', streamState: page }, /state\.json#\/streamState\/0\/streamState\/updated_at/],
    [[7], /state\.json#\/0 must be/],
  ] as const)
    t.match(errorsIn(await read(known, wrong)), [{ message: place }])
})
