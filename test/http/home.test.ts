import t from 'tap'
import { digestKey } from '../../src/store/secrets/api-key.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'

const api = await startApp(t, await startRedis(t), { apiKeys: [{ tenant: 'acme', digest: digestKey('a') }] })

/** What the major browsers send. */
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'

const home = (accept?: string) => api.fetch('/', { headers: { ...(accept !== undefined && { accept }) } })

t.test('a browser gets the console, without a key', async (t) => {
  const response = await home(browser)
  t.equal(response.status, 200)
  t.equal(response.headers.get('content-type'), 'text/html; charset=utf-8')
  t.equal(response.headers.get('vary'), 'Accept, Accept-Encoding')
  const page = await response.text()
  t.match(page, /Syncs Intercom/)
  t.match(page, /<base href="\.\/">/)
})

t.test('programs get the same as JSON', async (t) => {
  for (const accept of ['*/*', 'application/json', undefined]) {
    const response = await home(accept)
    t.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
    const body = (await response.json()) as Record<string, string>
    t.match(body, { name: 'intercom-sync', docs: '/docs', openapi: '/openapi.json', api: '/v1' })
    for (const path of [body.docs, body.openapi, body.health]) t.equal((await api.fetch(String(path))).status, 200)
  }
})

t.test('whoever takes neither is told what there is', async (t) => {
  const response = await home('image/png')
  t.equal(response.status, 406)
  t.match(await response.json(), { code: 'not_acceptable', detail: /application\/json or text\/html/ })
})
