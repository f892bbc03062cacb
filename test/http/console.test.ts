import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'

const api = await startApp(t, await startRedis(t))

/** What the major browsers send for a page. */
const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'

const places = ['/', '/setup', '/connections', '/connections/acme', '/jobs/12', '/jobs/12/records/contacts']

t.test('every place of the console is one page, which may run its own files and nothing else', async (t) => {
  for (const place of places) {
    const response = await api.fetch(place, { headers: { accept } })
    t.equal(response.status, 200, place)
    t.equal(response.headers.get('cache-control'), 'no-cache')
    const policy = response.headers.get('content-security-policy') ?? ''
    t.match(policy, /default-src 'none'; script-src 'self';/)
    t.notMatch(policy, /unsafe|\*|https?:|data:/)
    const page = await response.text()
    t.notMatch(page, /<script>|<style|style=|onload=/, 'nothing inline')
    const [, base = ''] = /<base href="([^"]+)">/.exec(page) ?? []
    const root = new URL(base, api.url + place)
    t.equal(root.href, `${api.url}/`, 'the way to the root is relative, and right')
    for (const [, file = ''] of page.matchAll(/(?:src|href)="(\.\/assets\/[^"]+)"/g)) {
      const asset = await fetch(new URL(file, root))
      t.equal(asset.status, 200, file)
      t.equal(asset.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    }
  }
})

t.test('its files say what they are, and no other file is to be had', async (t) => {
  const page = await (await api.fetch('/', { headers: { accept } })).text()
  const files = [...page.matchAll(/"\.\/(assets\/[^"]+)"/g)].map(([, file = '']) => file)
  const types = await Promise.all(files.map(async (file) => (await api.fetch(`/${file}`)).headers.get('content-type')))
  t.same(types.toSorted(), ['image/svg+xml', 'text/css; charset=utf-8', 'text/javascript; charset=utf-8'])
  for (const path of ['/assets/index.html', '/assets/..%2findex.html', '/assets/%2e%2e%2f%2e%2e%2fpackage.json']) {
    t.equal((await api.fetch(path)).status, 404, path)
  }
})

t.test('all of its scripts together weigh at most 120 kB on their way to a browser', async (t) => {
  const folder = join('dist', 'console', 'assets')
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'))
  t.ok(scripts.length > 0)
  const bytes = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0)
  t.ok(bytes <= 120_000, `${bytes} bytes`)
})

t.test('whoever asks for no page finds nothing at these places', async (t) => {
  for (const place of places.slice(1)) {
    const response = await api.fetch(place, { headers: { accept: 'application/json' } })
    t.equal(response.status, 404, place)
    t.match(await response.json(), { code: 'route_not_found' })
  }
})

t.test('below a path that a proxy names, the root leads there also without its slash', async (t) => {
  const proxied = await startApp(t, await startRedis(t), {
    front: { trustProxy: ['127.0.0.1'] },
  })
  const headers = { accept, 'x-forwarded-prefix': '/sync' }
  const page = await (await proxied.fetch('/', { headers })).text()
  t.match(page, /<base href="\/sync\/">/)
  const deep = await (await proxied.fetch('/jobs/12', { headers })).text()
  t.match(deep, /<base href="\.\.\/">/)
})

t.test('the page and its files come although the event loop is behind; calls do not', async (t) => {
  const slow = await startApp(t, await startRedis(t), { limits: { eventLoopDelayMs: 1 } })
  const page = await (await slow.fetch('/', { headers: { accept } })).text()
  const [file = ''] = /assets\/[^"]+\.js/.exec(page) ?? []
  const isBehind = async () => (await slow.fetch('/v1/connections')).status === 503
  let statuses: number[] = []
  let wasBehindThroughout = false
  while (!wasBehindThroughout) {
    const busyUntil = performance.now() + 1500
    while (performance.now() < busyUntil) {
      // Nothing else runs meanwhile: that is the delay.
    }
    while (!(await isBehind()));
    statuses = []
    for (const path of [...places, `/${file}`]) statuses.push((await slow.fetch(path, { headers: { accept } })).status)
    // It is judged anew each second.
    wasBehindThroughout = await isBehind()
  }
  t.same(
    statuses,
    [...places, file].map(() => 200),
  )
})
