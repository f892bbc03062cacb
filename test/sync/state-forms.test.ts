import t from 'tap'
import { createRandom } from '../../simulator/random.ts'
import { CodedError } from '../../src/errors.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { stateForms } from '../support/state-forms.ts'

const config = { access_token: 'x' }
const statesOf = (state: unknown) => parseSyncRequest({ config, state }).states

/** Faults by place. */
function faultsOf(state: unknown): Record<string, string> {
  try {
    statesOf(state)
    return {}
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return Object.fromEntries(error.faults.map(({ pointer, detail }) => [pointer, detail]))
  }
}

const contacts = { updated_at: 1_767_225_600 }
const descriptor = { name: 'contacts' }

t.test('any states are the same in every form in which Airbyte shows them', async (t) => {
  const random = createRandom(18)
  const names = ['contacts', 'companies', 'conversations', 'tags', 'gone', 'a/b~c', 'name']
  for (let round = 0; round < 40; round++) {
    const chosen = names.filter(() => random() < 0.4)
    const states = Object.fromEntries(
      chosen.map((name) => [name, random() < 0.2 ? null : { updated_at: Math.floor(random() * 2e9) }]),
    )
    const expected = Object.fromEntries(Object.entries(states).filter(([, state]) => state !== null))
    for (const { name, write } of stateForms) t.same(statesOf(write(states)), expected, `${name}: ${chosen}`)
  }
})

t.test('a date in a cursor is taken as the seconds that it stands for', async (t) => {
  for (const date of [
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00.999Z',
    '2026-01-01T01:00:00+01:00',
    '2025-12-31T23:00:00-0100',
    '2026-01-01T00:00:00',
    '2026-01-01 00:00',
    '2026-01-01',
  ])
    t.same(statesOf({ contacts: { updated_at: date } }), { contacts }, date)
  const children = { states: [{ partition: {}, cursor: { updated_at: '2026-01-01' } }], parent_state: {} }
  t.match(statesOf({ conversation_parts: children }), {
    conversation_parts: { states: [{ cursor: { updated_at: 1_767_225_600 } }] },
  })
  for (const wrong of ['2026-13-01', '1969-12-31', '01/02/2026', 'soon', '', true])
    t.match(faultsOf({ contacts: { updated_at: wrong } }), { '/state/contacts/updated_at': /a time/ }, String(wrong))
})

t.test(
  'of several states of one stream the last counts, and what a sync prints beside states is passed over',
  async (t) => {
    const item = (updated_at: number) => ({ streamDescriptor: descriptor, streamState: { updated_at } })
    t.same(statesOf([item(1), item(3), item(2)]), { contacts: { updated_at: 2 } })
    t.same(statesOf([item(1), { streamDescriptor: descriptor, streamState: null }]), {})
    const log = { type: 'LOG', log: { level: 'INFO', message: 'm' } }
    t.same(statesOf([log, item(1), { type: 'RECORD', record: {} }, { type: 'TRACE', trace: {} }]), {
      contacts: { updated_at: 1 },
    })
  },
)

t.test('a fault names the place with the names that the caller wrote', async (t) => {
  const wrong = { updated_at: 'soon' }
  const page = (streamState: unknown) => [{ streamDescriptor: descriptor, streamState }]
  for (const [state, pointer, told] of [
    [page(wrong), '/state/0/streamState/updated_at', /a time/],
    [page(7), '/state/0/streamState', /object/],
    [[{ streamDescriptor: {}, streamState: {} }], '/state/0/streamDescriptor/name', /must name a stream/],
    [[{ streamState: [{ streamState: {} }] }], '/state/0/streamState/0/streamDescriptor', /must name a stream/],
    [{ stateType: 'stream', streamState: page(wrong) }, '/state/streamState/0/streamState/updated_at', /a time/],
    [{ stateType: 'stream', streamState: {}, globalState: 4 }, '/state/globalState', /array/],
    [
      { stateType: 'global', globalState: { streamStates: page(wrong) } },
      '/state/globalState/streamStates/0/streamState/updated_at',
      /a time/,
    ],
    [{ stateType: 'legacy', state: { contacts: wrong } }, '/state/state/contacts/updated_at', /a time/],
    [{ connectionState: { streamState: page(7) } }, '/state/connectionState/streamState/0/streamState', /object/],
    [{ type: 'STREAM', stream: { stream_descriptor: {} } }, '/state/stream/stream_descriptor/name', /name a stream/],
    [[{ type: 'STREAM', contacts }], '/state/0', /Airbyte state message/],
    [{ type: 'STATE', value: { contacts } }, '/state', /Airbyte state message/],
    [{ type: 'CATALOG', catalog: {} }, '/state', /Airbyte state message/],
    [{ bookmarks: { contacts } }, '/state', /Singer/],
    [{ type: 'STATE', state: { type: 'STATE', state: {} } }, '/state/state', /Airbyte state message/],
    [{ access_token: 'x' }, '/state/access_token', /object/],
    [{ streams: [] }, '/state/streams', /object/],
    ['[]', '/state', /array/],
    [[null], '/state/0', /Airbyte state message/],
  ] as const)
    t.match(faultsOf(state), { [pointer]: told }, JSON.stringify(state))
})

t.test('nothing is no state, however it is written', async (t) => {
  const connectionId = '00000000-0000-0000-0000-000000000000'
  const none = { streamState: null, globalState: null, state: null }
  for (const nothing of [
    undefined,
    null,
    [],
    {},
    { stateType: 'not_set', connectionId },
    { stateType: 'stream', connectionId, ...none },
    { stateType: 'stream', connectionId, streamState: [] },
    { type: 'GLOBAL', global: { stream_states: [] } },
  ])
    t.same(statesOf(nothing), {}, JSON.stringify(nothing))
})
