import t from 'tap'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { openConnector } from '../support/connector.ts'
import { judge, parseLines } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { stateForms } from '../support/state-forms.ts'
import { withUnknown } from '../support/unknown-stream.ts'

const intercom = await listenSimulator(t, { contacts: 30, conversations: 0, companies: 0 })
const bench = openConnector(t)
const config = bench.write('config.json', { access_token: 'simulator-token' })
const known = configuredCatalog(['contacts', 'tags'])

async function read(catalog: object, state?: unknown) {
  const args = ['--config', config, '--catalog', bench.write('catalog.json', catalog)]
  if (state !== undefined) args.push('--state', bench.write('state.json', state))
  const { end, stdout, stderr } = await bench.run(['read', ...args], { intercom: intercom.url })
  return { end, stdout, stderr, messages: parseLines(stdout) }
}

t.test(
  'of a catalog with an unknown stream the others are read; it ends INCOMPLETE, and the read with 1',
  async (t) => {
    const { end, stdout, messages } = await read(withUnknown(known, 'gone'))
    t.equal(end, 1)
    const statuses = messages.flatMap(({ trace }) => trace?.stream_status ?? [])
    const told = (name: string) => statuses.flatMap((one) => (one.stream_descriptor.name === name ? one.status : []))
    t.same(told('gone'), ['STARTED', 'INCOMPLETE'])
    t.same([told('contacts').at(-1), told('tags').at(-1)], ['COMPLETE', 'COMPLETE'])
    const errors = messages.flatMap(({ trace }) => trace?.error ?? [])
    t.match(errors, [
      {
        message: /^"gone" is no stream of this version.*deselect/,
        internal_message: 'unknown_stream',
        failure_type: 'config_error',
        stream_descriptor: { name: 'gone' },
      },
    ])
    t.match(messages.at(-2)?.trace, { type: 'ERROR' }, 'some callers stop at an error: all else has come before it')
    const warnings = messages.flatMap(({ log }) => (log?.level === 'WARN' ? log.message : []))
    t.match(warnings, [/the catalog names what is no stream here: "gone"\. The others are read/])
    t.same((await judge(intercom, stdout, { expectStreams: ['contacts', 'tags'] })).faults, [])
  },
)

t.test('a catalog of nothing but unknown streams fails as well, and names them', async (t) => {
  const { end, messages } = await read(withUnknown({ streams: [] }, 'gone', 'lost'))
  t.equal(end, 1)
  t.same(
    messages.flatMap(({ trace }) => trace?.error?.stream_descriptor?.name ?? []),
    ['gone', 'lost'],
  )
})

t.test('the state of an unknown stream is passed over with one WARN, and the others go on from theirs', async (t) => {
  const whole = await read(known)
  const ofContacts = ({ state }: (typeof whole.messages)[number]) =>
    state?.stream.stream_descriptor.name === 'contacts' ? state.stream.stream_state : []
  const states = { contacts: whole.messages.flatMap(ofContacts).at(-1) }
  const strangers = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`old_${index}`, { cursor: index }]))
  const rest = await read(known, { ...states, ...strangers })
  t.equal(rest.end, 0)
  const records = rest.messages.flatMap(({ record }) => record?.stream ?? [])
  t.notOk(records.includes('contacts'), 'its state holds')
  t.ok(records.includes('tags'))
  const warnings = rest.messages.flatMap(({ log }) => (log?.level === 'WARN' ? log.message : []))
  t.equal(warnings.length, 1)
  t.match(warnings, [/^states of what is no stream here are passed over: "old_0", .* and 10 more$/])
})

t.test("a file of a sync's messages is a state, and so is each of Airbyte's forms", async (t) => {
  const first = await read(configuredCatalog(['contacts']))
  const lines = first.stdout.toString()
  t.match(lines, /"RECORD"/)
  const [state] = first.messages.flatMap(({ state }) => state?.stream.stream_state ?? []).slice(-1)
  const forms = ['the settings page', "the API's answer"].map((form) =>
    stateForms.find(({ name }) => name === form)?.write({ contacts: state as object }),
  )
  for (const given of [lines, ...forms]) {
    const again = await read(configuredCatalog(['contacts']), given)
    t.equal(again.end, 0)
    t.same(
      again.messages.filter(({ type }) => type === 'RECORD'),
      [],
    )
  }
})

t.test('a stream that the API version lacks is refused, naming the version it came with', async (t) => {
  const old = bench.write('old.json', { access_token: 'simulator-token', api_version: '2.11' })
  const catalog = bench.write('newer.json', configuredCatalog(['tags', 'brands']))
  const { end, stdout } = await bench.run(['read', '--config', old, '--catalog', catalog], { intercom: intercom.url })
  t.equal(end, 1)
  const message = /brands came with version 2\.15 .*set api_version to 2\.15/
  t.match(
    parseLines(stdout).flatMap(({ trace }) => trace?.error ?? []),
    [{ message, failure_type: 'config_error' }],
  )
})
