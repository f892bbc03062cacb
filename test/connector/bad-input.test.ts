import t from 'tap'
import { protocolFault } from '../../simulator/oracle/protocol.ts'
import { openConnector } from '../support/connector.ts'

const bench = openConnector(t)
const secret = 'dG9rOmNhbmFyeV90b2tlbg'
const good = {
  config: { access_token: secret },
  catalog: { streams: [{ stream: { name: 'tags', json_schema: {} }, sync_mode: 'full_refresh' }] },
  state: [],
}
const stream = (more: object) => ({ streams: [{ ...good.catalog.streams[0], ...more }] })
const stateOf = (name: string, stream_state: unknown) => [
  { type: 'STREAM', stream: { stream_descriptor: { name }, stream_state } },
]

/** What read prints when one of its files holds something else. */
async function readWith(wrong: { config?: unknown; catalog?: unknown; state?: unknown }) {
  const files = { ...good, ...wrong }
  const args = Object.entries(files).flatMap(([name, content]) => [`--${name}`, bench.write(`${name}.json`, content)])
  const { end, stdout, stderr } = await bench.run(['read', ...args])
  return { end, stderr, text: stdout.toString() }
}

for (const [why, wrong, told] of [
  ['no JSON', { config: `{\n  "access_token": ${secret}\n}` }, /config\.json is not JSON: look at line 2, column 19$/],
  ['cut short', { config: '{"access_token": "' }, /config\.json is not JSON: look at line 1, column 18$/],
  ['empty', { catalog: '' }, /catalog\.json is not JSON: look at line 1, column 1$/],
  ['one comma too many', { state: '[\n{},\n]' }, /state\.json is not JSON: look at line 3, column 1$/],
  ['two values', { state: '[] []' }, /state\.json is not JSON: look at line 1, column 4$/],
  ['a missing comma', { catalog: '{"streams": []\n"a": 1}' }, /catalog\.json is not JSON: look at line 2, column 1$/],
  ['wrong bracket', { catalog: '{"streams": [}' }, /catalog\.json is not JSON: look at line 1, column 14$/],
  [
    'a message cut short',
    { state: '{"type": "STATE"}\n\n{"type": "STA' },
    /state\.json is not JSON: look at line 3, column 10$/,
  ],
  ['a bare name', { catalog: '{streams: []}' }, /catalog\.json is not JSON: look at line 1, column 2$/],
  ['a line break in a text', { config: '{"access_token": "a\nb"}' }, /config\.json is not JSON: look at line 1/],
  ['config no object', { config: [] }, /config\.json# must be an object/],
  ['no token', { config: {} }, /config\.json#\/access_token is missing/],
  ['no date', { config: { ...good.config, start_date: 'today' } }, /config\.json#\/start_date must be a UTC date/],
  ['no streams', { catalog: {} }, /catalog\.json#\/streams must be a list of at least one stream/],
  [
    'unknown mode',
    { catalog: stream({ sync_mode: 'INVALID' }) },
    /catalog\.json#\/streams\/0\/sync_mode must be full_/,
  ],
  [
    'stream without a name',
    { catalog: stream({ stream: {} }) },
    /catalog\.json#\/streams\/0\/stream\/name nothing is no/,
  ],
  ['no state', { state: [1] }, /state\.json#\/0 must be an Airbyte state message/],
  ['corrupt state', { state: stateOf('contacts', { updated_at: 'soon' }) }, /state\.json#\/0\/stream\/stream_state/],
  [
    'several faults',
    { config: {}, catalog: {} },
    /config\.json#\/access_token is missing.*; .*catalog\.json#\/streams/,
  ],
] as const)
  t.test(`read is given ${why}: a config_error names the file and the place`, async (t) => {
    const { end, stderr, text } = await readWith(wrong)
    t.equal(end, 1)
    t.equal(stderr, '')
    t.match(text, /^[^\n]+\n$/, 'one message')
    const message = JSON.parse(text)
    t.equal(protocolFault(message), undefined)
    t.equal(message.trace.error.failure_type, 'config_error')
    t.match(message.trace.error.message, told)
    t.notMatch(text, new RegExp(secret))
  })

t.test('a file that is not there is named', async (t) => {
  for (const command of ['check', 'discover']) {
    const { end, stdout } = await bench.run([command, '--config', '/nowhere/config.json'])
    t.equal(end, 1)
    t.match(JSON.parse(stdout.toString()), {
      trace: {
        error: {
          failure_type: 'config_error',
          message: '--config: the file /nowhere/config.json cannot be read (ENOENT)',
        },
      },
    })
  }
})
