import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import t, { type Test } from 'tap'
import type { Fault } from '../../simulator/faults/fault.ts'
import { protocolFault } from '../../simulator/oracle/protocol.ts'
import type { ConnectionStatus, ConnectionStatusMessage } from '../../src/airbyte/connector-messages.ts'
import type { CheckAnswer } from '../../src/http/bodies/connector-schemas.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { limitedTokens } from '../support/limited-tokens.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'
import { startRedis } from '../support/redis.ts'

const secret = 'dG9rOmNhbmFyeV90b2tlbg'
const small = { contacts: 3, companies: 3, conversations: 3 }
const server = await startRedis(t)
const intercom = await listenSimulator(t, {
  ...small,
  region: 'Europe',
  timezone: 'Europe/Dublin',
  accessTokens: { ...limitedTokens, 'token-without-articles': ['read_articles'] },
})
/** Ten seconds, after which a missing permission is asked about once more, are two. */
const fast = () => createAcceleratedClock(Date.now(), 5)
const api = await startApp(t, server, { intercomBaseUrl: intercom.url, clock: fast() })

const ask = (app: TestApp, body: unknown) =>
  app.fetch('/v1/check', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

async function check(config: object, streams?: string[], app = api): Promise<ConnectionStatus> {
  const response = await ask(app, { config, ...(streams && { streams }) })
  const message = (await response.json()) as ConnectionStatusMessage
  const fault = response.status === 200 ? protocolFault(message) : `status ${response.status}`
  if (fault) throw new Error(`${fault}: ${JSON.stringify(message)}`)
  return message.connectionStatus
}

t.test('a good token succeeds, and the message tells what it leads to', async (t) => {
  const { status, message } = await check({ access_token: 'simulator-token' }, ['contacts', 'tags'])
  t.equal(status, 'SUCCEEDED')
  for (const fact of [
    intercom.workspace.id,
    'Europe',
    'Europe/Dublin',
    '2.16',
    '1666 requests per 10 s',
    'All streams',
  ])
    t.ok(message.includes(fact), `${fact} in ${message}`)
})

t.test('the probes are cheap, and never open a scroll', async (t) => {
  const before = intercom.requests.entries.length
  await check({ access_token: 'simulator-token', api_version: '2.14' })
  const asked = intercom.requests.entries.slice(before)
  t.ok(asked.length <= 12, `${asked.length} requests`)
  t.notOk(asked.some(({ path }) => path === '/companies/scroll'))
  t.same([...new Set(asked.map(({ askedVersion }) => askedVersion))], ['2.14'])
  for (const { path, body, query } of asked) {
    if (path.endsWith('/search')) t.match(body, { pagination: { per_page: 1 } }, path)
    if (path === '/companies/list') t.equal(query.per_page, '1')
  }
})

t.test('a bad token fails', async (t) => {
  const { status, message } = await check({ access_token: secret })
  t.equal(status, 'FAILED')
  t.match(message, /does not accept the access token.*access_token/)
  t.match((await check({ access_token: secret, region: 'au' })).message, /au/)
  t.notOk(message.includes(secret) || api.logged.join('').includes(secret))
})

for (const missingScopeStatus of [401, 403] as const) {
  t.test(`a missing permission (${missingScopeStatus}) is told from a bad token`, async (t) => {
    const other = await listenSimulator(t, {
      ...small,
      missingScopeStatus,
      hideTimezone: missingScopeStatus === 401,
      accessTokens: { 'simulator-token': [], 'token-without-tags': ['read_tags'] },
    })
    const app = await startApp(t, server, { intercomBaseUrl: other.url, clock: fast() })
    const config = { access_token: 'token-without-tags' }
    t.match(await check(config, undefined, app), { status: 'SUCCEEDED', message: /tags: .*"Read tags"/ })
    t.match(await check(config, ['contacts'], app), { status: 'SUCCEEDED', message: /tags: .*"Read tags"/ })
    t.match(await check(config, ['contacts', 'tags'], app), { status: 'FAILED', message: /tags: .*"Read tags"/ })
    t.match(await check(config, undefined, app), { message: /leave out \(in Airbyte: deselect\) tags\./ })
    other.faults.next([{ match: { path: '/admins' }, status: missingScopeStatus }])
    const once = await check({ access_token: 'simulator-token' }, ['admins'], app)
    t.match(once, { status: 'SUCCEEDED', message: /All streams can be read/ }, 'said once only')
  })
}

t.test('the permission for articles is asked for only when they are named', async (t) => {
  const config = { access_token: 'token-without-articles' }
  t.match(await check(config), { status: 'SUCCEEDED', message: /All streams can be read/ })
  t.match(await check(config, ['tags']), { status: 'SUCCEEDED', message: /All streams can be read/ })
  const named = await check(config, ['tags', 'articles'])
  t.match(named, { status: 'FAILED', message: /articles: .*"Read and list articles"/ })
  t.match(await check({ access_token: 'simulator-token' }, ['articles']), { status: 'SUCCEEDED' })
  const asked = intercom.requests.entries.filter(({ path }) => path === '/articles')
  t.same(
    asked.map(({ query }) => query),
    Array.from({ length: 3 }, () => ({ page: '1', per_page: '1' })),
    'twice of the token without the permission',
  )
})

t.test('a connection is checked for the streams that it reads', async (t) => {
  const put = async (streams: string[]) => {
    const body = JSON.stringify({ config: { access_token: 'token-without-tags' }, streams })
    await api.fetch('/v1/connections/kept', { method: 'PUT', headers: { 'content-type': 'application/json' }, body })
  }
  const checkKept = async (more = {}) => {
    const answer = await (await ask(api, { connectionId: 'kept', ...more })).json()
    return (answer as ConnectionStatusMessage).connectionStatus
  }
  await put(['contacts'])
  t.match(await checkKept(), { status: 'SUCCEEDED', message: /All streams can be read/ })
  await put(['contacts', 'tags'])
  t.match(await checkKept(), { status: 'SUCCEEDED', message: /deselect\) tags\./ })
  t.match(await checkKept({ streams: ['tags'] }), { status: 'FAILED', message: /"Read tags"/ })
  const unknown = await ask(api, { connectionId: 'nothing' })
  t.equal(unknown.status, 404)
  t.match(await unknown.json(), { code: 'connection_not_found' })
})

t.test('a token that may read no stream at all fails', async (t) => {
  t.match(await check({ access_token: 'token-for-nothing' }), { status: 'FAILED', message: /no permission for any/ })
})

t.test('a version that Intercom does not have fails with its words', async (t) => {
  const old = await listenSimulator(t, { ...small, newestVersion: '2.14', refuseNewerVersions: true })
  const app = await startApp(t, server, { intercomBaseUrl: old.url })
  const status = await check({ access_token: 'simulator-token', api_version: '2.17' }, undefined, app)
  t.match(status, { status: 'FAILED', message: /version of the API/ })
})

t.test('a config with wrong contents fails, naming all of them, and Intercom is not asked', async (t) => {
  const before = intercom.requests.totals.requests
  const { status, message } = await check({
    start_date: '2024-02-30T00:00:00Z',
    num_workers: 999,
    service_url: 'ftp://x',
  })
  t.equal(status, 'FAILED')
  for (const name of ['access_token', 'start_date', 'num_workers', 'service_url']) t.match(message, name)
  t.equal(intercom.requests.totals.requests, before)
})

t.test('a malformed body is a bad request', async (t) => {
  const bodies: [body: unknown, pointer: string][] = [
    [{}, '/config'],
    [{ config: 'text' }, '/config'],
    [{ config: {}, stream: [] }, '/stream'],
    [{ config: { access_token: 'simulator-token' }, streams: ['contats'] }, '/streams/0'],
    [{ config: { access_token: 'simulator-token' }, streams: 'contacts' }, '/streams'],
    [{ config: { access_token: 'simulator-token' }, connectionId: 'both' }, '/config'],
  ]
  for (const [body, pointer] of bodies) {
    const response = await ask(api, body)
    t.equal(response.status, 400, pointer)
    t.match(await response.json(), { code: 'invalid_request', errors: [{ pointer }] })
  }
})

type Breakage = (simulator: ListeningSimulator) => unknown

const breakages: [what: string, breakIt: Breakage, detail: RegExp][] = [
  ['answers 503', ({ faults }) => faults.next([{ status: 503, repeat: 1000 }]), /503.*temporarily unavailable/],
  [
    'answers 503 to one stream',
    ({ faults }) => faults.next([{ match: { path: '/tags' }, status: 503, repeat: 1000 }]),
    /503 to \/tags/,
  ],
  [
    'refuses with 429 for long',
    ({ faults }) => faults.next([{ status: 429, repeat: 1000, headers: { 'Retry-After': '10' } }]),
    /rate limit .* used up/,
  ],
  [
    'never answers',
    ({ faults }) => faults.next([{ holdUntil: 'the end', repeat: 1000 }]),
    /no usable answer at 127\.0\.0\.1:\d+ within 10 s: nothing came/,
  ],
  ['cannot be reached', ({ app }) => app.close(), /could not be reached at 127\.0\.0\.1:\d+ for/],
]

for (const [what, breakIt, detail] of breakages) {
  t.test(`an Intercom that ${what} gives no verdict, within 10 s, and the answer says what was seen`, async (t) => {
    const broken = await listenSimulator(t, small)
    await breakIt(broken)
    const clock = createAcceleratedClock(Date.now(), 8, { isAlone: true })
    const app = await startApp(t, server, { intercomBaseUrl: broken.url, clock })
    const start = clock.monotonic()
    const response = await ask(app, { config: { access_token: 'simulator-token' } })
    // The rest is the way of the answer, on a clock that is eight times as fast.
    t.ok(clock.monotonic() - start < 14_000, `${clock.monotonic() - start} ms`)
    t.equal(response.status, 503)
    t.match(await response.json(), { code: 'intercom_unavailable', detail, requestId: /./ })
  })
}

const guestPage = { html: '<html>Sign in to the guest network</html>', status: 200 }
const somebodyElse: [what: string, fault: Fault, detail: RegExp][] = [
  ['whatever is asked', guestPage, /not Intercom's.*HTTP 200.*Sign in to the guest/],
  [
    'when one stream is tried',
    { match: { path: '/tags' }, body: { type: 'portal', ok: true } },
    /\/tags is not Intercom's.*HTTP 200/,
  ],
]

for (const [when, fault, detail] of somebodyElse)
  t.test(`something else that answers in place of Intercom ${when} is no good token`, async (t) => {
    const broken = await listenSimulator(t, small)
    broken.faults.next([{ ...fault, repeat: 1000 }])
    const app = await startApp(t, server, {
      intercomBaseUrl: broken.url,
      clock: createAcceleratedClock(Date.now(), 20),
    })
    const response = await ask(app, { config: { access_token: 'simulator-token' } })
    t.equal(response.status, 503)
    t.match(await response.json(), { code: 'intercom_unavailable', detail })
  })

/** A check that waits for Intercom, and the end of the request that it has sent there. */
async function waitingCheck(
  t: Test,
): Promise<{ app: TestApp; caller: AbortController; answer: Promise<Response>; left: Promise<unknown> }> {
  const slow = await listenSimulator(t, small)
  slow.faults.next([{ holdUntil: 'the end', repeat: 1000 }])
  const app = await startApp(t, server, { intercomBaseUrl: slow.url })
  const asked = once(slow.app.server, 'request') as Promise<[IncomingMessage]>
  const caller = new AbortController()
  const answer = app.fetch('/v1/check', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ config: { access_token: 'simulator-token' } }),
    signal: caller.signal,
  })
  const [request] = await asked
  return { app, caller, answer, left: once(request.socket, 'close') }
}

t.test('a check ends with its caller, and stops asking Intercom', async (t) => {
  const { caller, answer, left } = await waitingCheck(t)
  caller.abort()
  await t.rejects(answer)
  t.ok(await left)
})

t.test('a check ends when the service shuts down', async (t) => {
  const { app, answer, left } = await waitingCheck(t)
  app.closing.abort()
  const response = await answer
  t.equal(response.status, 503)
  t.match(await response.json(), { code: 'shutting_down' })
  t.ok(await left)
})

t.test('every stream is tried when that is asked, and what cannot be read is told with what to do', async (t) => {
  const config = { access_token: 'token-without-articles' }
  const response = await ask(api, { config, everyStream: true })
  const answer = (await response.json()) as ConnectionStatusMessage & CheckAnswer
  t.equal(protocolFault(answer), undefined, "more members than Airbyte's are within its protocol")
  const { connectionStatus, workspace, unreadableStreams = [] } = answer
  t.equal(connectionStatus.status, 'SUCCEEDED')
  t.match(workspace, {
    workspaceId: intercom.workspace.id,
    region: 'Europe',
    timeZone: 'Europe/Dublin',
    apiVersion: '2.16',
    rateLimit: 1666,
  })
  const articles = unreadableStreams.find(({ streamName }) => streamName === 'articles')
  const permission = 'Read and list articles'
  t.match(articles, { reason: 'permission', permission, fix: `Add the permission "${permission}"` })
  t.ok(unreadableStreams.some(({ streamName }) => streamName === 'article_statistics'))
  t.same([...new Set(unreadableStreams.map((stream) => stream.permission))], [permission])

  const named = await ask(api, { config, everyStream: true, streams: ['articles'] })
  t.match(await named.json(), { connectionStatus: { status: 'FAILED' }, unreadableStreams: [{}] })
  const usual = (await (await ask(api, { config })).json()) as CheckAnswer
  t.same(usual.unreadableStreams, [], 'streams that are read only when they are named are not tried')
})
