import t from 'tap'
import { plainLists } from '../../simulator/records/plain/lists.ts'
import { readSourceConfig } from '../../src/airbyte/source-config.ts'
import { systemClock } from '../../src/clock.ts'
import { withBriefClient } from '../../src/intercom/brief-client.ts'
import { checkConnection } from '../../src/streams/check-connection.ts'
import { discoverStreams } from '../../src/streams/discover.ts'
import { streamsOfVersion } from '../../src/streams/versions.ts'
import { collectSync } from '../support/engine.ts'
import { contractVersions, readContract } from '../support/intercom-contract.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

/** What we send although the document does not have it, and why that is right. */
const deviations = new Map([
  ...['conversations', 'tickets'].map((list): [string, string] => [
    `POST /${list}/search body/sort is not documented`,
    'The document has it for contacts only; these honour it too, and without it pages have no order to rely on',
  ]),
  ...['notes', 'companies'].flatMap((list) =>
    ['page', 'per_page'].flatMap((name) =>
      ['contact_id', 'id'].map((id): [string, string] => [
        `GET /contacts/{${id}}/${list} query/${name} is not documented`,
        "The answer's pages have a URL with these two, and lists are longer than a page",
      ]),
    ),
  ),
  [
    'POST /contacts/search body/sort is not documented',
    "The document of 2.16 has it, those of 2.11 to 2.14 do not; Airbyte's connector sends it with 2.11, and pages come in that order",
  ],
  ...['page', 'per_page'].map((name): [string, string] => [
    `GET /articles query/${name} is not documented`,
    'The document of 2.11 has both, and the pages of every version name the next one with them',
  ]),
  ...['starting_after', 'per_page'].map((name): [string, string] => [
    `GET /news/newsfeeds query/${name} is not documented`,
    "The document's answer has `pages` with a cursor in `next`",
  ]),
  ...['/help_center/collections', '/internal_articles', '/news/news_items'].flatMap((path) =>
    ['page', 'per_page'].map((name): [string, string] => [
      `GET ${path} query/${name} is not documented`,
      'The document shows pages by number, and no way to the second one; articles take these two',
    ]),
  ),
  ...['filter is missing', 'intercom_user_id is not documented'].map((what): [string, string] => [
    `GET /events query/${what}`,
    'The document means one of three parameters by `filter`, and this is one of them',
  ]),
  ['GET /events query/per_page is not documented', "The document has it in its text: 'the `per_page` parameter'"],
  ['GET /events query/before is not documented', "The answer's `pages.next` is a URL with it"],
  [
    'GET /admins/activity_logs query/page is not documented',
    "The answer's `pages.next` is a URL with it: there is no other way to the second page",
  ],
])

const allLists = (count: number) => Object.fromEntries(Object.keys(plainLists).map((name) => [name, count]))

t.test("every request of a sync, a check and a discover is as Intercom's document says", async (t) => {
  const listLengths = { tags: [11], notes: [61], companies: [61], opted_in_subscription_types: [11] }
  const intercom = await listenSimulator(t, {
    contacts: 400,
    tags: 12,
    companies: 130,
    conversations: 60,
    articles: 300,
    deletedConversations: 130,
    references: 12,
    lists: allLists(60),
    companyNotes: 3,
    listLengths,
  })
  const checkRequest = readContract('2.16')
  const token = { access_token: 'simulator-token' }
  const streams = streamsOfVersion().map(({ name }) => name)
  const { state, outcome } = await collectSync({ baseUrl: intercom.url, config: token, streams })
  t.same([outcome?.streams.length, outcome?.failure], [streams.length, undefined])
  await collectSync({ baseUrl: intercom.url, config: { ...token, api_version: '2.16' }, streams, state })
  intercom.workspace.companies.scroll.holdUntil(Number.POSITIVE_INFINITY)
  await collectSync({ baseUrl: intercom.url, config: token, streams: ['companies'], scrollPatienceMs: 0 })
  const config = readSourceConfig(token, '', [])
  if (!config) throw new Error('not a config')
  const { signal } = new AbortController()
  const options = { config, baseUrl: intercom.url, clock: systemClock, random: () => 0.5, signal }
  const status = await withBriefClient(options, (client) => checkConnection(client, config, streams))
  t.equal(status.status, 'SUCCEEDED')
  await withBriefClient(options, (client) => discoverStreams(client))

  const { entries } = intercom.requests
  t.ok(new Set(entries.map(({ path }) => path)).size >= streamsOfVersion().filter(({ derived }) => !derived).length)
  t.ok(entries.some(({ path, query }) => path === '/companies/list' && query.per_page === '60'))
  const faults = new Set(entries.flatMap(checkRequest))
  t.same(
    [...faults].filter((fault) => !deviations.has(fault)),
    [],
  )
})

for (const version of contractVersions.filter((one) => one !== '0'))
  t.test(`API ${version}: the requests of a first and of a later sync are as its document says`, async (t) => {
    const intercom = await listenSimulator(t, {
      contacts: 200,
      companies: 30,
      conversations: 30,
      tickets: 30,
      articles: 300,
      references: 12,
      lists: allLists(60),
    })
    const config = { access_token: 'simulator-token', api_version: version }
    const streams = streamsOfVersion(version).map(({ name }) => name)
    const { state } = await collectSync({ baseUrl: intercom.url, config, streams })
    await collectSync({ baseUrl: intercom.url, config, streams, state })
    const asked = intercom.requests.entries.filter((entry) => entry.version === version)
    t.ok(asked.length > 50)
    const faults = new Set(asked.flatMap(readContract(version)))
    t.same(
      [...faults].filter((fault) => !deviations.has(fault)),
      [],
    )
  })

t.test('a request that differs from the document is noticed', async (t) => {
  const checkRequest = readContract('2.16')
  const request = {
    time: 0,
    method: 'POST',
    path: '/contacts/search',
    route: '/contacts/search',
    query: {},
    body: null,
    askedVersion: null,
    version: '2.16',
    status: 200,
    records: 0,
  }
  const query = { field: 'updated_at', operator: '>', value: 0 }
  t.same(checkRequest({ ...request, body: { query } }), [])
  t.ok(checkRequest({ ...request, body: { query: { ...query, operator: 'after' } } }).length > 0)
  t.same(checkRequest({ ...request, body: { query, per_page: 5 } }), [
    'POST /contacts/search body/per_page is not documented',
  ])
  const list = { ...request, path: '/companies/list' }
  t.same(checkRequest({ ...list, query: { per_page: 'all' } }), ['POST /companies/list query/per_page cannot be all'])
  t.same(checkRequest({ ...list, query: { sort: 'id' } }), ['POST /companies/list query/sort is not documented'])
  t.same(checkRequest({ ...request, path: '/contacts/list' }), ['POST /contacts/list is not documented'])
})
