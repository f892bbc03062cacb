import t from 'tap'
import { CodedError } from '../../src/errors.ts'
import { parseSyncRequest, type SyncRequestBody } from '../../src/sync/contract/sync-request.ts'

const config = { access_token: 'dG9rOjEyMw==' }

const faultsOf = (body: SyncRequestBody): Record<string, string> => {
  try {
    parseSyncRequest(body)
  } catch (error) {
    if (error instanceof CodedError)
      return Object.fromEntries(error.faults.map(({ pointer, detail }) => [pointer, detail]))
    throw error
  }
  return {}
}

const state = (name: string, stream_state: unknown) => [
  { type: 'STREAM', stream: { stream_descriptor: { name }, stream_state } },
]

t.test('nothing but a token asks for every stream, incremental where it can be', async (t) => {
  const { catalog, states } = parseSyncRequest({ config })
  t.same(
    catalog.streams.map(({ stream, sync_mode }) => [stream.name, sync_mode]),
    [
      ['activity_logs', 'incremental'],
      ['admins', 'full_refresh'],
      ['companies', 'incremental'],
      ['company_segments', 'incremental'],
      ['conversations', 'incremental'],
      ['conversation_parts', 'incremental'],
      ['contacts', 'incremental'],
      ['company_attributes', 'full_refresh'],
      ['contact_attributes', 'full_refresh'],
      ['segments', 'incremental'],
      ['tags', 'full_refresh'],
      ['teams', 'full_refresh'],
      ['tickets', 'incremental'],
      ['ticket_parts', 'incremental'],
    ],
  )
  t.same(states, {})
})

t.test('a catalog may be configured, raw, a message, or a short list', async (t) => {
  const modes = (body: SyncRequestBody) =>
    parseSyncRequest({ config, ...body }).catalog.streams.map(({ stream, sync_mode }) => `${stream.name} ${sync_mode}`)
  const raw = { streams: [{ name: 'tags', json_schema: {}, supported_sync_modes: ['full_refresh'] }] }
  t.same(modes({ catalog: raw }), ['tags full_refresh'])
  t.same(modes({ catalog: { type: 'CATALOG', catalog: raw } }), ['tags full_refresh'])
  const configured = (name: string, sync_mode: string) => ({
    streams: [
      { stream: { name, json_schema: {}, supported_sync_modes: [] }, sync_mode, destination_sync_mode: 'append' },
    ],
  })
  t.same(modes({ catalog: configured('contacts', 'full_refresh') }), ['contacts full_refresh'])
  t.same(
    modes({ catalog: configured('tags', 'incremental') }),
    ['tags full_refresh'],
    'what has no cursor is read in full',
  )
  t.same(modes({ streams: ['tags', { name: 'contacts', syncMode: 'full_refresh' }] }), [
    'tags full_refresh',
    'contacts full_refresh',
  ])
})

t.test('articles are read only when they are named', async (t) => {
  const namesIn = (body: SyncRequestBody) =>
    parseSyncRequest({ config, ...body }).catalog.streams.map(({ stream }) => stream.name)
  const listed = (...names: string[]) => ({ streams: names.map((name) => ({ name, json_schema: {} })) })
  const configured = {
    streams: ['articles', 'tags'].map((name) => ({ stream: { name, json_schema: {} }, sync_mode: 'full_refresh' })),
  }
  t.notOk(namesIn({}).includes('articles'))
  t.same(namesIn({ catalog: listed('articles', 'tags') }), ['tags'])
  t.same(namesIn({ catalog: { type: 'CATALOG', catalog: listed('tags', 'articles') } }), ['tags'])
  t.same(namesIn({ catalog: configured }), ['articles', 'tags'])
  t.same(namesIn({ streams: ['articles', { name: 'tags' }] }), ['articles', 'tags'])
  t.same(parseSyncRequest({ config, streams: ['articles'] }).catalog.streams[0]?.sync_mode, 'incremental')
  t.match(faultsOf({ config, catalog: listed('articles') }), { '/catalog/streams': /articles only.*into streams/ })
  t.match(faultsOf({ config, catalog: listed('articles', 'articles') }), { '/catalog/streams/1/name': /twice/ })
})

t.test('every fault is named with its place and a way out', async (t) => {
  t.match(faultsOf({}), { '/config': /access_token/ })
  t.match(faultsOf({ config: {} }), { '/config/access_token': /missing/ })
  t.match(faultsOf({ config: { access_token: 'two words' } }), { '/config/access_token': /without spaces/ })
  const bad = {
    ...config,
    start_date: '2024-02-30T00:00:00Z',
    region: 'mars',
    api_version: '1.0',
    num_workers: 0,
    lookback_window: 1.5,
  }
  t.same(Object.keys(faultsOf({ config: bad })).toSorted(), [
    '/config/api_version',
    '/config/lookback_window',
    '/config/num_workers',
    '/config/region',
    '/config/start_date',
  ])
  for (const start_date of ['yesterday', '2024-01-01', '2024-01-01T00:00:00', '2024-13-01T00:00:00Z', 5])
    t.match(faultsOf({ config: { ...config, start_date } }), { '/config/start_date': /2024-01-31T00:00:00Z/ })
  t.match(faultsOf({ config, catalog: { streams: [{ stream: { name: 'contcats' }, sync_mode: 'incremental' }] } }), {
    '/catalog/streams/0/stream/name': /did you mean contacts\?/,
  })
  t.match(faultsOf({ config, catalog: { streams: [{ stream: { name: 'contacts' }, sync_mode: 'INVALID' }] } }), {
    '/catalog/streams/0/sync_mode': /full_refresh or incremental/,
  })
  t.match(faultsOf({ config, streams: [] }), { '/streams': /at least one/ })
  t.match(faultsOf({ config, streams: ['tags', 'tags'] }), { '/streams/1': /twice/ })
  t.match(faultsOf({ config, streams: ['constructor'] }), { '/streams/0': /no stream/ })
  t.match(faultsOf({ config, streams: ['tags'], catalog: { streams: [] } }), { '/streams': /together/ })
})

t.test('blank members count as left out, unknown ones are kept for the sync to mention', async (t) => {
  const { config: read } = parseSyncRequest({ config: { ...config, start_date: '', client_id: null, surprise: 1 } })
  t.same(read, { ...config, surprise: 1 })
})

t.test('a state is taken in every envelope, and refused with its path when it cannot be used', async (t) => {
  const states = (value: unknown) => parseSyncRequest({ config, state: value }).states
  const blob = { updated_at: 1626086649 }
  t.same(states(state('contacts', blob)), { contacts: blob })
  t.same(states([{ type: 'STATE', state: state('contacts', blob)[0] }]), { contacts: blob })
  t.same(states({ contacts: blob }), { contacts: blob })
  t.same(
    states([
      { type: 'GLOBAL', global: { stream_states: [{ stream_descriptor: { name: 'contacts' }, stream_state: blob }] } },
    ]),
    { contacts: blob },
  )
  for (const nothing of [undefined, null, [], {}, state('contacts', null)]) t.same(states(nothing), {})
  t.same(states(state('contacts', { updated_at: '1757687174' })), { contacts: { updated_at: '1757687174' } })

  t.match(faultsOf({ config, state: 'x' }), { '/state': /array/ })
  t.match(faultsOf({ config, state: [5] }), { '/state/0': /state message/ })
  t.same(states(state('contcats', blob)), { contcats: blob }, 'of no stream here: the job says so, and goes on')
  t.match(faultsOf({ config, state: state('contacts', { updated_at: 'soon' }) }), {
    '/state/0/stream/stream_state/updated_at': /./,
  })
  t.match(faultsOf({ config, state: state('contacts', { intercom_sync: { v: 99 } }) }), {
    '/state/0/stream/stream_state/intercom_sync/v': /update intercom-sync/,
  })
  const damaged = { intercom_sync: { v: 1, walk: { lower: 1, frozen: 'x', slices: [] } } }
  t.match(faultsOf({ config, state: state('contacts', damaged) }), {
    '/state/0/stream/stream_state/intercom_sync/walk/frozen': /reset/,
  })
})
