import { once } from 'node:events'
import { createGunzip } from 'node:zlib'
import t from 'tap'
import { startApp } from '../support/app.ts'
import { debianProgram } from '../support/debian-programs.ts'
import { startDyingApp } from '../support/dying-app.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startNginx } from '../support/nginx.ts'
import { startRedis } from '../support/redis.ts'
import { recordLine } from '../support/store.ts'
import { countLines, openStream } from './stream-client.ts'

const { path, skip } = await debianProgram('nginx')
const server = await startRedis(t)
const clock = createManualClock()
const api = await startApp(t, server, { clock })

const live = {
  method: 'POST',
  headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
  body: JSON.stringify({ config: { access_token: 'token-of-a-test' }, streams: ['tags'] }),
}

/** What docs/operations.md says to set. */
const asDocumented = 'proxy_http_version 1.1; proxy_set_header Connection "";'

/** One server with two locations: as somebody has it who sets nothing, and as documented. */
async function startBoth(t: Parameters<typeof startNginx>[0], port: number) {
  const to = `proxy_pass http://127.0.0.1:${port}/;`
  const nginx = await startNginx(t, {
    path,
    server: `location /bare/ { ${to} } location /documented/ { ${to} ${asDocumented} }`,
  })
  return { bare: `${nginx.url}/bare`, documented: `${nginx.url}/documented` }
}

async function endedJob(records: number): Promise<number> {
  const jobId = await api.createJob()
  const worker = await api.work(jobId)
  await worker.commit(records)
  await worker.end()
  return jobId
}

t.test(
  'an nginx that nobody has told anything asks by HTTP/1.0: what is whole comes, the rest is refused',
  { skip },
  async (t) => {
    const { bare } = await startBoth(t, api.port)
    const jobId = await endedJob(100)
    const whole = await (await api.fetch(`/v1/jobs/${jobId}/messages`)).text()
    for (const query of ['', '?follow=false']) {
      const reader = await openStream(`${bare}/v1/jobs/${jobId}/messages${query}`, {
        headers: { 'accept-encoding': 'gzip' },
      })
      t.equal(await reader.finished, 'end')
      t.equal(reader.headers['content-length'], String(whole.length))
      t.equal(reader.headers['content-encoding'], undefined)
      t.equal(reader.text(), whole)
    }
    const running = await api.createJob()
    const { length } = await api.store.redis.keys('*:record')
    for (const [url, options] of [
      [`${bare}/v1/jobs/${running}/messages`, {}],
      [`${bare}/v1/jobs`, live],
    ] as const) {
      const refused = await fetch(url, options)
      t.equal(refused.status, 426)
      t.match(await refused.json(), { code: 'http_version_too_old', detail: /proxy_http_version/ })
    }
    t.equal((await api.store.redis.keys('*:record')).length, length)
  },
)

t.test('a service that dies while nginx reads by HTTP/1.0 leaves a body that is cut', { skip }, async (t) => {
  const dying = await startDyingApp(t, server, api.store.keys)
  const { bare } = await startBoth(t, dying.port)
  const jobId = await api.createJob()
  const worker = await api.work(jobId)
  for (let commit = 0; commit < 40; commit++) await worker.commit(100)
  await worker.end()
  const reader = await openStream(`${bare}/v1/jobs/${jobId}/messages`)
  await dying.reading
  dying.die()
  t.equal(await reader.finished, 'cut')
  t.ok(countLines(reader.text()) > 0)
})

t.test('as documented, nginx passes a live job on line by line, compressed and not', { skip }, async (t) => {
  const { documented } = await startBoth(t, api.port)
  const plain = await openStream(`${documented}/v1/jobs`, live)
  t.equal(plain.status, 200)
  const jobId = Number(plain.headers.location?.split('/').at(-1))
  const packed = await openStream(`${documented}/v1/jobs/${jobId}/messages`, {
    headers: { 'accept-encoding': 'gzip' },
    paused: true,
  })
  t.equal(packed.headers['content-encoding'], 'gzip')
  const decoder = packed.response.pipe(createGunzip())
  let decoded = ''
  decoder.on('data', (piece) => {
    decoded += piece
  })
  const worker = await api.work(jobId)
  for (const total of [1, 2]) {
    await worker.commit(1)
    await plain.until((text) => text.includes(recordLine(total)))
    while (!decoded.includes(recordLine(total))) await once(decoder, 'data')
  }
  const over = once(decoder, 'end')
  await worker.end()
  t.equal(await plain.finished, 'end')
  await over
  t.equal(decoded, plain.text())
  // This nginx drops trailers: 1.27.2 is the first that can be told to pass them.
  t.same(plain.response.trailers, {})
})

t.test('the longest wait is answered before nginx gives up', { skip }, async (t) => {
  const { bare, documented } = await startBoth(t, api.port)
  const jobId = await api.createJob()
  for (const url of [bare, documented]) {
    const answer = fetch(`${url}/v1/jobs/${jobId}?wait=60`)
    await clock.untilAsleep(50_000)
    clock.advance(50_000)
    const { status } = await answer
    t.equal(status, 200)
  }
})

t.test(
  'a live job that is silent longer than nginx waits goes on when it asks for a heartbeat',
  { skip },
  async (t) => {
    const to = `proxy_pass http://127.0.0.1:${api.port}; ${asDocumented} proxy_read_timeout 1s;`
    const { url } = await startNginx(t, { path, server: `location / { ${to} }` })
    const cut = await openStream(`${url}/v1/jobs?detach=true`, live)
    t.equal(await cut.finished, 'cut', 'without one nginx ends it')
    const kept = await openStream(`${url}/v1/jobs?detach=true&heartbeat=7`, live)
    const jobId = Number(kept.headers.location?.split('/').at(-1))
    for (let beat = 1; beat <= 3; beat++) {
      await clock.untilAsleep(7000)
      clock.advance(7000)
      await kept.until((text) => text === '\n'.repeat(beat))
    }
    const worker = await api.work(jobId)
    await worker.commit(1)
    await worker.end()
    t.equal(await kept.finished, 'end')
    t.equal(kept.text().trimStart().split('\n')[0], recordLine(1).trimEnd())
  },
)
