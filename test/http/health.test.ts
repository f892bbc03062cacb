import t from 'tap'
import { startApp } from '../support/app.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)

t.test('a service that reaches Redis is live and ready', async (t) => {
  const api = await startApp(t, server)
  for (const path of ['/health/live', '/health/ready']) {
    const response = await api.fetch(path)
    t.equal(response.status, 200)
    t.same(await response.json(), { status: 'ok' })
  }
})

t.test('a check of readiness that hangs is answered for after a second', async (t) => {
  const clock = createManualClock()
  const api = await startApp(t, server, { clock, ready: () => new Promise(() => undefined) })
  const asking = api.fetch('/health/ready')
  await clock.untilAsleep(1000)
  clock.advance(1000)
  const response = await asking
  t.equal(response.status, 503)
  t.match(await response.json(), { code: 'store_unavailable' })
})

t.test('a service that shuts down is still live, but not ready', async (t) => {
  const api = await startApp(t, server)
  api.closing.abort()
  const ready = await api.fetch('/health/ready')
  t.equal(ready.status, 503)
  t.match(await ready.json(), { code: 'shutting_down' })
  const live = await api.fetch('/health/live')
  t.equal(live.status, 200)
  await live.text()
})
