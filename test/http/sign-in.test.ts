import t from 'tap'
import type { ConnectionBody } from '../../src/http/bodies/connection-schemas.ts'
import type { SignInBody } from '../../src/http/sign-in/sign-in-schemas.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { startApp } from '../support/app.ts'
import { signInKey } from '../support/keys.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'
import {
  answerAtIntercom,
  type BegunBody,
  caller,
  openPage,
  readFlow,
  signInOptions,
  simulatedApp,
  startSignInService,
} from '../support/sign-ins.ts'

const server = await startRedis(t)
const small = { contacts: 3, companies: 0, conversations: 0 }
const intercom = await listenSimulator(t, small)
const clock = createManualClock(Date.now())
const api = await startSignInService(t, server, intercom.url, { clock })
const call = caller(api)
const { dependencies } = intercom
const tokens = () => Object.keys(dependencies.options.accessTokens).filter((token) => token !== 'simulator-token')

/** One stream makes the check of a connection short. */
const connection = { streams: ['tags'] }
const begin = async (connectionId: string, query = '', app = api, body: object = { connection }) =>
  caller(app)<BegunBody>('POST', `/oauth/flows${query}`, { connectionId, ...body })
const readConnection = (id: string) => call<ConnectionBody>('GET', `/connections/${id}`)

t.test('in the browser that began, consent connects at once', async (t) => {
  const { status, value, cookie } = await begin('acme')
  t.equal(status, 201)
  const { port } = new URL(api.url)
  t.match(value.authorizeUrl, new RegExp(`^${intercom.url}/oauth\\?client_id=simulator-app&state=`))
  t.match(
    cookie,
    /^intercom_sync_sign_in_[\w-]{22}=[\w-]{43}; Path=\/v1\/oauth\/callback; Max-Age=600; HttpOnly; SameSite=Lax$/,
  )
  t.match(await readFlow(api, value.flowId), { status: 'pending', connectionId: 'acme', problem: undefined })

  const back = await answerAtIntercom(value.authorizeUrl)
  t.ok(back.startsWith(`http://127.0.0.1:${port}/v1/oauth/callback?code=`))
  const page = await openPage(back, cookie)
  t.match(page, { status: 200, text: /<h1>Connected<\/h1>/, code: '' })
  t.match(page.text, 'go back to where you began', 'and says where it goes on')
  t.equal(page.headers.get('cache-control'), 'no-store')
  t.match(page.headers.get('content-security-policy'), /^default-src 'none'/)
  t.equal(page.headers.get('referrer-policy'), 'no-referrer')
  t.notMatch(page.text, /<script|<style|style=/)
  t.match(await readFlow(api, value.flowId), { status: 'connected' })
  t.match((await readConnection('acme')).value, {
    config: { access_token: '**********' },
    workspaceId: intercom.workspace.id,
    health: 'ok',
  })
  t.equal((await api.store.connections.read('acme', 'acme')).settings?.config.access_token, tokens().at(-1))

  const again = await openPage(back, cookie)
  t.match(again, { status: 409, text: /used already/ }, 'the address is good once')
})

t.test('another browser gets a code, and only the tenant that began connects with it', async (t) => {
  const { value } = await begin('by-code')
  const page = await openPage(await answerAtIntercom(value.authorizeUrl))
  t.match(page, { status: 200, text: /One more step/, code: /^[A-Z2-9]{4}-[A-Z2-9]{4}$/ })
  t.match(await readFlow(api, value.flowId), { status: 'consented' })
  t.equal((await readConnection('by-code')).status, 404)
  const consentKey = signInKey(value.flowId, 'consent')
  const leftMs = await api.store.redis.pttl(consentKey)
  t.ok(leftMs > 0 && leftMs <= 600_000, 'the token waits no longer than the sign-in is open')

  const confirmation = { confirmationCode: page.code }
  const path = `/oauth/flows/${value.flowId}/confirm`
  t.match(await caller(api, 'other')('POST', path, confirmation), { status: 404, value: { code: 'sign_in_not_found' } })
  t.match(await caller(api, 'other')('GET', `/oauth/flows/${value.flowId}`), { status: 404 })
  const wrong = await call('POST', path, { confirmationCode: 'AAAA-AAAA' })
  t.match(wrong, { status: 403, value: { code: 'confirmation_code_wrong', detail: /4 more tries/ } })
  const typed = { confirmationCode: ` ${page.code.toLowerCase().replace('-', '')}` }
  t.match(await call<SignInBody>('POST', path, typed), { status: 200, value: { status: 'connected' } })
  t.match(await call('POST', path, confirmation), { status: 409, value: { code: 'sign_in_over' } })
  t.equal((await readConnection('by-code')).status, 200)
  t.equal(await api.store.redis.exists(consentKey), 0, 'the token is with the connection alone')
})

t.test('five wrong codes end a sign-in, also when they come at once', async (t) => {
  const { value } = await begin('guessed')
  const page = await openPage(await answerAtIntercom(value.authorizeUrl))
  const path = `/oauth/flows/${value.flowId}/confirm`
  const guesses = await Promise.all(
    Array.from({ length: 12 }, () => call('POST', path, { confirmationCode: 'AAAA-AAAA' })),
  )
  t.ok(guesses.every(({ status }) => status === 403 || status === 409))
  t.match(await call('POST', path, { confirmationCode: page.code }), { status: 409 }, 'the right one comes too late')
  t.match(await readFlow(api, value.flowId), { status: 'failed', problem: { code: 'confirmation_code_wrong' } })
  t.equal((await readConnection('guessed')).status, 404)
  t.equal(await api.store.redis.exists(signInKey(value.flowId, 'consent')), 0)
})

t.test('five wrong codes end a sign-in, also when the process dies that was told the last one', async (t) => {
  const { value } = await begin('died')
  const page = await openPage(await answerAtIntercom(value.authorizeUrl))
  await api.store.redis.hset(signInKey(value.flowId, 'record'), 'tries', 5)
  const late = await call('POST', `/oauth/flows/${value.flowId}/confirm`, { confirmationCode: page.code })
  t.match(late, { status: 403, value: { code: 'confirmation_code_wrong' } })
  t.match(await readFlow(api, value.flowId), { status: 'failed' })
  t.equal((await readConnection('died')).status, 404)
})

t.test('what goes wrong has a page and a problem that say what to do', async (t) => {
  const denied = await begin('denied')
  const no = await openPage(await answerAtIntercom(denied.value.authorizeUrl, { decision: 'deny' }), denied.cookie)
  t.match(no, { status: 403, text: /begin again and allow access/ })
  t.match(await readFlow(api, denied.value.flowId), {
    status: 'denied',
    problem: { code: 'consent_denied', status: 403 },
  })

  const used = await begin('used')
  const back = new URL(await answerAtIntercom(used.value.authorizeUrl))
  intercom.consents.exchange(simulatedApp.clientId, simulatedApp.clientSecret, back.searchParams.get('code'))
  const reused = await openPage(back.href, used.cookie)
  t.match(reused, { status: 400, text: /Unauthorized Code.*sign in again/ })
  t.match(await readFlow(api, used.value.flowId), { status: 'failed', problem: { code: 'oauth_code_refused' } })

  const own = await begin('foreign-state')
  const address = new URL(await answerAtIntercom(own.value.authorizeUrl))
  const state = address.searchParams.get('state') ?? ''
  for (const wrong of [
    '',
    'nothing',
    `${own.value.flowId}.${'A'.repeat(43)}`,
    `${'A'.repeat(22)}.${state.split('.')[1]}`,
  ]) {
    address.searchParams.set('state', wrong)
    t.match(await openPage(address.href, own.cookie), { status: 404, text: /belongs to no sign-in/ }, wrong)
  }
  t.match(await readFlow(api, own.value.flowId), { status: 'pending' }, 'it is still open')

  const early = await call('POST', `/oauth/flows/${own.value.flowId}/confirm`, { confirmationCode: 'AAAA-AAAA' })
  t.match(early, { status: 409, value: { code: 'sign_in_pending', detail: /authorizeUrl/ } })
  t.match(await call('GET', `/oauth/flows/${'A'.repeat(22)}`), { status: 404, value: { code: 'sign_in_not_found' } })
})

t.test('what a page quotes is escaped', async (t) => {
  const { value, cookie } = await begin('escaped')
  const state = new URL(value.authorizeUrl).searchParams.get('state') ?? ''
  const query = new URLSearchParams({ state, error: '<script>alert(1)</script>' })
  const page = await openPage(`${api.url}/v1/oauth/callback?${query}`, cookie)
  t.equal(page.status, 502)
  t.notMatch(page.text, /<script|alert/)
  const foreign = await openPage(`${api.url}/v1/oauth/callback?state=%3Cb%3E&code=%3Cb%3E`)
  t.notMatch(foreign.text, /<b>/)
})

t.test('a sign-in that takes longer than ten minutes connects nothing', async (t) => {
  const late = await begin('late')
  const waiting = await begin('waiting')
  const page = await openPage(await answerAtIntercom(waiting.value.authorizeUrl))
  clock.advance(600_000)
  t.match(await openPage(await answerAtIntercom(late.value.authorizeUrl), late.cookie), {
    status: 410,
    text: /begin again/,
  })
  const confirmed = await call('POST', `/oauth/flows/${waiting.value.flowId}/confirm`, { confirmationCode: page.code })
  t.match(confirmed, { status: 410, value: { code: 'sign_in_expired' } })
  for (const { flowId } of [late.value, waiting.value])
    t.match(await readFlow(api, flowId), { status: 'expired', problem: { code: 'sign_in_expired' } })
  t.match([(await readConnection('late')).status, (await readConnection('waiting')).status], [404, 404])
})

t.test('a sign-in whose time ends while Intercom is asked for the token connects nothing', async (t) => {
  const { consents } = intercom
  const exchange = consents.exchange.bind(consents)
  t.teardown(() => {
    consents.exchange = exchange
  })
  consents.exchange = (...asked) => {
    clock.advance(15_000)
    return exchange(...asked)
  }
  for (const browser of ['own', 'other']) {
    const connectionId = `over-${browser}`
    const { value, cookie } = await begin(connectionId)
    clock.advance(590_000)
    const page = await openPage(await answerAtIntercom(value.authorizeUrl), browser === 'own' ? cookie : '')
    t.match(page, { status: 410, text: /begin again/, code: '' }, browser)
    t.match(await readFlow(api, value.flowId), { status: 'expired', problem: { code: 'sign_in_expired' } })
    t.equal((await readConnection(connectionId)).status, 404)
    t.equal(await api.store.redis.exists(signInKey(value.flowId, 'consent')), 0)
  }
})

t.test('signing in to another workspace is refused, unless the connection begins anew', async (t) => {
  const first = await begin('moved')
  await openPage(await answerAtIntercom(first.value.authorizeUrl), first.cookie)
  const state = [
    { type: 'STREAM', stream: { stream_descriptor: { name: 'contacts' }, stream_state: { updated_at: 1 } } },
  ]
  t.equal((await call('PUT', '/connections/moved/state', state)).status, 200)
  const states = async () => (await call<unknown[]>('GET', '/connections/moved/state')).value.length

  const other = await begin('moved', '', api, {})
  const refused = await openPage(await answerAtIntercom(other.value.authorizeUrl, { workspace: 'w2' }), other.cookie)
  t.match(refused, { status: 409, text: /of workspace w2.*resetState=true/ })
  t.match(await readFlow(api, other.value.flowId), { status: 'failed', problem: { code: 'workspace_changed' } })
  t.match((await readConnection('moved')).value, { workspaceId: intercom.workspace.id })
  t.equal(await states(), 1)

  const same = await begin('moved', '', api, {})
  t.equal((await openPage(await answerAtIntercom(same.value.authorizeUrl), same.cookie)).status, 200)
  t.match(await states(), 1, 'the same workspace keeps connection and state')

  const anew = await begin('moved', '?resetState=true', api, {})
  const taken = await openPage(await answerAtIntercom(anew.value.authorizeUrl, { workspace: 'w2' }), anew.cookie)
  t.equal(taken.status, 200)
  t.match((await readConnection('moved')).value, { workspaceId: 'w2' })
  t.equal(await states(), 0)
})

t.test('a connection that is there keeps what it is, but for its token', async (t) => {
  const schedule = { type: 'interval', every: 'PT6H' }
  const config = { access_token: 'simulator-token', start_date: '2024-01-01T00:00:00Z' }
  await call('PUT', '/connections/kept', {
    config,
    streams: ['tags', 'contacts'],
    schedule,
    ack: 'on_success',
    paused: true,
  })
  const before = (await readConnection('kept')).value
  const { value, cookie } = await begin('kept', '', api, { region: 'us' })
  t.equal((await openPage(await answerAtIntercom(value.authorizeUrl), cookie)).status, 200)
  const after = (await readConnection('kept')).value
  t.match(after, { config: { region: 'us', start_date: config.start_date }, schedule, ack: 'on_success', paused: true })
  t.same(after.catalog, before.catalog)
})

t.test('what cannot be signed in for is told before anybody signs in', async (t) => {
  const withToken = await begin('bad', '', api, { connection: { config: { access_token: 'x' }, streams: ['tags'] } })
  t.match(withToken, { status: 400, value: { errors: [{ pointer: '/connection/config/access_token' }] } })
  const unknown = await begin('bad', '', api, { connection: { streams: ['contcats'] } })
  t.match(unknown, { status: 400, value: { code: 'invalid_request', errors: [{ pointer: '/streams/0' }] } })
})

t.test('without what signing in needs, every route says what to set', async (t) => {
  const options = await signInOptions(intercom.url)
  const { oauth, front, ...rest } = options
  const appUrl = intercom.url
  const cases: [settings: object, says: RegExp][] = [
    [{}, /INTERCOM_CLIENT_ID and INTERCOM_CLIENT_SECRET, and PUBLIC_URL/],
    [{ oauth }, /set PUBLIC_URL/],
    [{ front }, /set INTERCOM_CLIENT_ID/],
    [{ oauth, front: { publicUrl: 'http://sync.example.com' } }, /https:\/\//],
    [{ oauth: simulatedApp, front }, /INTERCOM_APP_URL/],
    [{ oauth, front: { publicUrl: 'https://sync.example.com' }, apiKeys: [] }, /API_KEYS/],
  ]
  for (const [settings, says] of cases) {
    const app = await startApp(t, server, { ...rest, port: 0, ...settings })
    t.match(await begin('unset', '', app), { status: 501, value: { code: 'oauth_not_configured', detail: says } })
    const page = await openPage(`${app.url}/v1/oauth/callback?state=x&code=y`)
    t.match(page, { status: 501, text: says })
  }
  const secure = await startApp(t, server, {
    ...rest,
    port: 0,
    oauth: { ...simulatedApp, appUrl },
    front: { publicUrl: 'https://sync.example.com/below' },
  })
  const { cookie, value } = await begin('secure', '', secure)
  t.match(cookie, /; Path=\/below\/v1\/oauth\/callback; .*; Secure$/)
  t.match(
    new URL(value.authorizeUrl).searchParams.get('redirect_uri'),
    'https://sync.example.com/below/v1/oauth/callback',
  )
})

t.test("the operator's client is wrong", async (t) => {
  const other = await startSignInService(t, server, intercom.url, {
    oauth: { clientId: 'simulator-app', clientSecret: 'another-secret', appUrl: intercom.url },
  })
  const { value, cookie } = await begin('wrong-client', '', other)
  const back = (await answerAtIntercom(value.authorizeUrl)).replace(/127\.0\.0\.1:\d+/, new URL(other.url).host)
  t.match(await openPage(back, cookie), { status: 502, text: /INTERCOM_CLIENT_ID/ })
  t.match(await readFlow(other, value.flowId), { status: 'failed', problem: { code: 'oauth_client_refused' } })
})

t.test('an app without a permission connects all the same, and the page and the problem name it', async (t) => {
  const limited = await listenSimulator(t, { ...small, app: { ...simulatedApp, lacks: ['read_tags'] } })
  const app = await startSignInService(t, server, limited.url, { clock: createAcceleratedClock(Date.now(), 30) })
  const { value, cookie } = await begin('without-scope', '', app)
  const page = await openPage(await answerAtIntercom(value.authorizeUrl), cookie)
  t.match(page, { status: 200, text: /read_tags/ })
  const problem = { code: 'scope_missing', detail: /tags.*read_tags.*Sign in again/s }
  t.match(await readFlow(app, value.flowId), { status: 'connected', problem })
})

t.test("another tenant's state connects that tenant's connection, or nothing", async (t) => {
  const { value } = await begin('of-acme')
  const theirs = await caller(api, 'other')<BegunBody>('POST', '/oauth/flows', { connectionId: 'of-acme', connection })
  const page = await openPage(await answerAtIntercom(theirs.value.authorizeUrl))
  t.match(page, { status: 200, text: /One more step/ })
  const path = `/oauth/flows/${value.flowId}/confirm`
  t.match(await call('POST', path, { confirmationCode: page.code }), {
    status: 409,
    value: { code: 'sign_in_pending' },
  })
  t.match(await readFlow(api, value.flowId), { status: 'pending' })
  t.equal((await readConnection('of-acme')).status, 404)
})

t.test('no token, code or secret is in a log or in Redis', async (t) => {
  const secrets = [...tokens(), simulatedApp.clientSecret, 'another-secret']
  t.ok(secrets.length > 5)
  const redis = server.connect()
  const texts: string[] = [...api.logged]
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key)
    if (type === 'hash') texts.push(key, JSON.stringify(await redis.hgetall(key)))
    if (type === 'string') texts.push(key, (await redis.get(key)) ?? '')
  }
  const text = texts.join('\n')
  t.match(text, /sign-in:/)
  for (const secret of secrets) t.notOk(text.includes(secret), 'not in clear')
  t.notMatch(api.logged.join(''), /callback\?|[?&]code=|state=/)
})
