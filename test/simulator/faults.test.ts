import { connect } from 'node:net'
import t from 'tap'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const search = { query: { field: 'updated_at', operator: '>', value: 0 }, pagination: { per_page: 5 } }

/** Everything a socket gives until it ends, and how it ended. */
async function rawSearch(url: string): Promise<{ text: string; error: string | undefined }> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const body = JSON.stringify(search)
  socket.write(
    `POST /contacts/search HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer simulator-token\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  let text = ''
  let error: string | undefined
  socket.on('data', (chunk) => {
    text += chunk.toString()
  })
  socket.on('error', (cause: NodeJS.ErrnoException) => {
    error = cause.code
  })
  await new Promise((resolve) => socket.once('close', resolve))
  return { text, error }
}

t.test('a status comes with a fitting body, or the one that is given, and any headers', async (t) => {
  const { ask, faults } = await listenSimulator(t, { rateLimitPerWindow: 167 })
  faults.next([
    { status: 429, headers: { 'Retry-After': '2' } },
    { status: 429 },
    { status: 500 },
    { status: 503 },
    { status: 502, html: '<html>Bad Gateway</html>' },
    { status: 504, body: { status: 504, error: 'Gateway' } },
  ])
  const limited = await ask('/tags')
  t.equal(limited.headers.get('retry-after'), '2')
  t.ok(limited.headers.has('x-ratelimit-reset'))
  t.match(await limited.json(), { errors: [{ message: 'Exceeded rate limit of 167 in 10_seconds' }] })
  t.notOk((await ask('/tags')).headers.has('retry-after'))
  t.match(await (await ask('/tags')).json(), { type: 'error.list', errors: [{ code: 'server_error' }] })
  t.match(await (await ask('/tags')).json(), { errors: [{ code: 'service_unavailable' }] })
  const html = await ask('/tags')
  t.match(
    [html.status, html.headers.get('content-type'), await html.text()],
    [502, 'text/html', '<html>Bad Gateway</html>'],
  )
  t.match(await (await ask('/tags')).json(), { error: 'Gateway' })
  t.equal((await ask('/tags')).status, 200, 'then the script is over')
})

t.test('a fault waits for the requests it is meant for', async (t) => {
  const { ask, faults } = await listenSimulator(t)
  faults.next([{ match: { method: 'GET', path: '/admins' }, skip: 1, repeat: 2, status: 500 }])
  const statuses: number[] = []
  for (const path of ['/tags', '/admins', '/tags', '/admins?display_avatar=true', '/admins', '/admins']) {
    statuses.push((await ask(path)).status)
  }
  t.same(statuses, [200, 200, 200, 500, 500, 200])
  t.equal(faults.remaining, 0)
})

t.test('bodies that are empty, null, a list or without data are served as told', async (t) => {
  const { ask, faults } = await listenSimulator(t)
  faults.next([{ text: '' }, { body: null }, { body: [] }, { body: { type: 'list', pages: null } }])
  for (const expected of ['', 'null', '[]', '{"type":"list","pages":null}']) {
    const response = await ask('/contacts/search', { body: search })
    t.same([response.status, await response.text()], [200, expected])
  }
})

t.test('a truncated body has valid framing and invalid JSON', async (t) => {
  const { ask, faults } = await listenSimulator(t)
  faults.next([{ truncate: 1_000 }])
  const response = await ask('/contacts/search', { body: search })
  const text = await response.text()
  t.equal(response.headers.get('content-length'), '1000')
  t.equal(Buffer.byteLength(text), 1_000)
  t.throws(() => JSON.parse(text))
})

t.test('a connection is reset before any byte', async (t) => {
  const { url, faults, requests } = await listenSimulator(t)
  faults.next([{ reset: 'before-headers' }])
  t.same(await rawSearch(url), { text: '', error: 'ECONNRESET' })
  t.match(requests.entries, [{ status: 0, records: 0 }])
})

t.test('a connection is cut after half of the body', async (t) => {
  const { url, faults } = await listenSimulator(t)
  faults.next([{ reset: 'mid-body' }])
  const { text } = await rawSearch(url)
  const promised = Number(/content-length: (\d+)/i.exec(text)?.[1])
  const came = Buffer.byteLength(text.slice(text.indexOf('\r\n\r\n') + 4))
  t.equal(came, Math.floor(promised / 2))
})

t.test('a held answer comes when its gate opens', async (t) => {
  const { ask, faults } = await listenSimulator(t)
  faults.next([{ match: { path: '/tags' }, holdUntil: 'gate' }])
  let isAnswered = false
  const held = ask('/tags').then((response) => {
    isAnswered = true
    return response.status
  })
  t.equal((await ask('/admins')).status, 200, 'others pass')
  t.equal(isAnswered, false)
  await ask('/_simulator/faults', { body: { open: 'gate' } })
  t.equal(await held, 200)
})

t.test('a slow answer waits by the clock, before it or in the middle of its body', async (t) => {
  const clock = createManualClock(0)
  const { ask, faults } = await listenSimulator(t, { clock })
  faults.next([{ delayMs: 30_000 }, { delayMs: 30_000, at: 'mid-body' }])
  const late = ask('/tags')
  await clock.untilAsleep()
  clock.advance(30_000)
  t.equal((await late).status, 200)
  const slow = await ask('/tags')
  t.equal(slow.status, 200, 'the headers are here')
  await clock.untilAsleep()
  clock.advance(30_000)
  t.match(await slow.json(), { type: 'list' })
})

t.test('a client that leaves while it is held leaves nothing behind', async (t) => {
  const clock = createManualClock(0)
  const { url, faults, app, requests } = await listenSimulator(t, { clock })
  faults.next([{ delayMs: 30_000 }])
  const leaving = new AbortController()
  const headers = { authorization: 'Bearer simulator-token' }
  const asked = fetch(`${url}/tags`, { headers, signal: leaving.signal })
  await clock.untilAsleep()
  leaving.abort()
  await t.rejects(asked)
  await app.close()
  t.match(requests.entries, [{ status: 0 }], 'nothing was answered')
})

t.test('a cursor leads to the same page again, or back to the page before', async (t) => {
  const { search: ask, faults } = await listenSimulator(t, { contacts: 30, oddities: false })
  const after = async (cursor?: string): Promise<string | undefined> => {
    const page = await ask({ ...search, pagination: { per_page: 5, starting_after: cursor } })
    return page.pages.next?.starting_after
  }
  const second = await after()
  faults.next([{ cursor: 'same' }])
  t.equal(await after(second), second)
  const third = await after(second)
  t.not(third, second)
  faults.next([{ cursor: 'previous' }])
  t.equal(await after(third), second)
  t.equal(await after(second), third, 'from there the way leads on as before')
})

t.test('faults can be set over HTTP', async (t) => {
  const { ask } = await listenSimulator(t)
  const set = async (body: object): Promise<unknown> => (await ask('/_simulator/faults', { token: null, body })).json()
  t.same(await set({ next: [{ status: 500 }, { status: 502 }] }), { remaining: 2 })
  t.equal((await ask('/tags')).status, 500)
  t.same(await set({ clear: true }), { remaining: 0 })
  t.equal((await ask('/tags')).status, 200)
})

t.test('a fault may meet any child of a kind, and paths are counted by kind', async (t) => {
  const { ask, faults, requests } = await listenSimulator(t, { conversations: 20 })
  faults.next([
    { match: { path: '/conversations/:id' }, skip: 1, status: 502 },
    { match: { path: '/conversations/9' }, status: 503 },
  ])
  const ids = ['5', '9', '9', '13']
  const statuses: number[] = []
  for (const id of ids) statuses.push((await ask(`/conversations/${id}`)).status)
  t.same(statuses, [200, 502, 503, 200])
  t.match(requests.totals.byPath, { '/conversations/:id': 4 })
  t.match(
    requests.entries,
    ids.map((id) => ({ path: `/conversations/${id}`, route: '/conversations/:id' })),
  )
})

t.test('a page of conversations can lead back to itself', async (t) => {
  const { read, faults } = await listenSimulator(t, { conversations: 20 })
  const query = { field: 'updated_at', operator: '>', value: 0 }
  const page = (
    after?: string,
  ): Promise<{ pages: { page: number; next: { starting_after: string } }; conversations: object[] }> =>
    read('/conversations/search', { body: { query, pagination: { per_page: 5, starting_after: after } } })
  const first = await page()
  faults.next([{ match: { path: '/conversations/search' }, cursor: 'same' }])
  const second = await page(first.pages.next.starting_after)
  t.equal(second.conversations.length, 5)
  t.equal(second.pages.page, 2)
  t.equal(second.pages.next.starting_after, first.pages.next.starting_after)
})
