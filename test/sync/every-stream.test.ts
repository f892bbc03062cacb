import t from 'tap'
import { apiVersions } from '../../src/airbyte/config-members.ts'
import { isInEvery } from '../../src/streams/every-stream.ts'
import { listProbes } from '../../src/streams/probes.ts'
import { streamTable } from '../../src/streams/table.ts'
import { lackOf, streamsOfVersion } from '../../src/streams/versions.ts'
import { parseSettings, parseSyncRequest, type SyncRequestBody } from '../../src/sync/contract/sync-request.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { collectSync, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const config = { access_token: 'simulator-token' }
const catalogOf = (body: SyncRequestBody) => parseSyncRequest({ config, ...body }).catalog.streams
const namesIn = (body: SyncRequestBody) => catalogOf(body).map(({ stream }) => stream.name)
/** What a first sync of the workspace below has taken since before there were other streams. */
const REQUESTS_BY_DEFAULT = 191
const usual = streamTable.filter(({ optIn }) => !optIn).map(({ name }) => name)

function faultsOf(body: SyncRequestBody): Record<string, string> {
  try {
    parseSyncRequest(body)
  } catch (error) {
    const { faults } = error as { faults: { pointer: string; detail: string }[] }
    return Object.fromEntries(faults.map(({ pointer, detail }) => [pointer, detail]))
  }
  return {}
}

t.test('a stream that the API version lacks is a fault that names the version it came with', async (t) => {
  for (const api_version of apiVersions)
    for (const entry of streamTable) {
      const asked = {
        config: { ...config, api_version },
        streams: ['tags', entry.name].slice(entry.name === 'tags' ? 1 : 0),
      }
      const lack = lackOf(entry, api_version)
      if (lack === undefined) t.same(faultsOf(asked), {}, `${entry.name} ${api_version}`)
      else t.match(faultsOf(asked), { '/streams/1': lack }, `${entry.name} ${api_version}`)
    }
  const catalog = { streams: [{ stream: { name: 'ticket_states', json_schema: {} }, sync_mode: 'full_refresh' }] }
  t.match(faultsOf({ config: { ...config, api_version: '2.11' }, catalog }), {
    '/catalog/streams/0/stream/name': /ticket_states came with version 2\.12 .* reads 2\.11.* set api_version to 2\.12/,
  })
  // A raw CATALOG lists what there is: it names nothing.
  const raw = { streams: streamTable.map(({ name }) => ({ name, json_schema: {} })) }
  t.same(namesIn({ config: { ...config, api_version: '2.11' }, catalog: raw }), usual)
})

t.test('* is the streams that are read by default, and all that cost no request per parent', async (t) => {
  for (const api_version of apiVersions) {
    const names = namesIn({ config: { ...config, api_version }, streams: ['*'] })
    t.same(names.filter((name) => usual.includes(name)).toSorted(), usual.toSorted())
    const expected = streamsOfVersion(api_version).filter(isInEvery)
    t.same(names.toSorted(), expected.map(({ name }) => name).toSorted(), api_version)
    for (const { optIn, child, onlyByName } of expected) t.notOk(optIn && (onlyByName || (child && !child.inline)))
  }
  t.ok(namesIn({ streams: ['*'] }).includes('ticket_types'))
})

t.test('* may stand among names, which are read as they say', async (t) => {
  const streams = catalogOf({ streams: ['*', { name: 'contacts', syncMode: 'full_refresh' }, 'articles'] })
  const find = (name: string) => streams.filter(({ stream }) => stream.name === name)
  t.match(find('contacts'), [{ sync_mode: 'full_refresh', only_if_permitted: undefined }])
  t.match(find('articles'), [{ sync_mode: 'incremental', only_if_permitted: undefined }])
  t.match(find('companies'), [{ sync_mode: 'incremental', only_if_permitted: true }])
  t.equal(find('contacts').length + find('articles').length, 2)
  const whole = catalogOf({ streams: [{ name: '*', syncMode: 'full_refresh' }, 'tags'] })
  t.ok(whole.every(({ sync_mode }) => sync_mode === 'full_refresh'))
  t.match(faultsOf({ config, streams: ['*', '*'] }), { '/streams/1': /twice/ })
  t.match(faultsOf({ config, streams: [{ name: '*', syncMode: 'INVALID' }] }), { '/streams/0/syncMode': /incremental/ })
  const configured = { streams: [{ stream: { name: '*', json_schema: {} }, sync_mode: 'incremental' }] }
  t.same(namesIn({ catalog: configured }), namesIn({ streams: ['*'] }))
  t.same(
    parseSettings({ config, streams: ['*', 'tags'] }).catalog.streams.map(({ stream }) => stream.name),
    ['*', 'tags'],
    'a connection keeps it',
  )
})

t.test('what * brings and the token may not read is left out; what is named fails', async (t) => {
  const clock = createAcceleratedClock(Date.UTC(2026, 0, 1), 20)
  const lacks = ['read_tags', 'read_brands', 'read_articles']
  const simulator = await listenSimulator(t, {
    clock,
    contacts: 3,
    companies: 3,
    conversations: 3,
    tickets: 3,
    references: 2,
    accessTokens: { 'simulator-token': lacks },
  })
  const { outcome, commits, messages } = await collectSync({ baseUrl: simulator.url, clock, streams: ['*'] })
  t.equal(outcome?.failure, undefined)
  const skipped = ['articles', 'brands', 'help_centers', 'tags']
  t.same(
    commits
      .at(-1)
      ?.skippedStreams?.filter((name) => skipped.includes(name))
      .toSorted(),
    skipped,
  )
  t.match(
    parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? log.message : [])),
    [/Left out .*"\*" reads what the token may read.*"Read tags"/],
  )
  for (const name of skipped) t.equal(recordsOf(messages, name).length, 0)
  for (const name of ['contacts', 'emails', 'ticket_types']) t.ok(recordsOf(messages, name).length > 0, name)
  const named = await collectSync({ baseUrl: simulator.url, clock, streams: ['*', 'tags'] })
  t.match(named.outcome?.failure, { code: 'scope_missing', streamName: 'tags' })
  t.notOk(named.commits.at(-1)?.skippedStreams?.includes('tags'))
})

t.test('the streams read by default cost what they did, and * adds its probes and its lists', async (t) => {
  const simulator = await listenSimulator(t, {
    contacts: 30,
    companies: 3,
    conversations: 3,
    tickets: 3,
    activityLogs: 3,
    articles: 3,
    references: 3,
    oddities: false,
    longConversations: 0,
    deletedCompanies: false,
  })
  const requestsOf = async (streams?: string[]) => {
    const before = simulator.requests.entries.length
    await collectSync({ baseUrl: simulator.url, ...(streams && { streams }) })
    return simulator.requests.entries.slice(before)
  }
  const asked = await requestsOf()
  t.equal(asked.length, REQUESTS_BY_DEFAULT)
  const paths = new Set(asked.map(({ path }) => path))
  // Some are in the answers of others, or are found by the same search.
  const shared = new Set(streamTable.filter(({ optIn }) => !optIn).map(({ path }) => path))
  for (const { name, path, optIn } of streamTable) if (optIn && !shared.has(path)) t.notOk(paths.has(path), name)
  const added = namesIn({ streams: ['*'] }).length - usual.length
  const probes = listProbes(namesIn({ streams: ['*'] })).length
  const every = await requestsOf(['*'])
  t.ok(every.length - asked.length <= added + probes, `${every.length - asked.length}`)
})
