import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import zlib from 'node:zlib'
import t from 'tap'
import type { MessageLogReader } from '../../src/store/log/message-log.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'
import { recordLine } from '../support/store.ts'
import { isWholeFrame } from '../support/zstd-frame.ts'
import { countLines, openStream } from './stream-client.ts'

const server = await startRedis(t)
const api = await startApp(t, server)

const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform }
const decoders: Record<string, () => Transform> = {
  gzip: () => zlib.createGunzip(),
  br: () => zlib.createBrotliDecompress(),
  ...(createZstdDecompress && { zstd: () => createZstdDecompress() }),
}
const encodings = Object.keys(decoders)

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  trailers: NodeJS.Dict<string>
  /** Bytes that travelled. */
  bytes: number
  text: string
}

/** A whole answer to a client that says nothing but what is given. */
async function ask(path: string, headers: Record<string, string> = {}, of: TestApp = api): Promise<Answer> {
  const { status, headers: had, response } = await openStream(of.url + path, { headers, paused: true })
  const pieces = (await response.toArray()) as Buffer[]
  const body = Buffer.concat(pieces)
  const decoder = decoders[had['content-encoding'] ?? '']?.()
  decoder?.end(body)
  const text = decoder ? Buffer.concat((await decoder.toArray()) as Buffer[]).toString() : body.toString()
  return { status, headers: had, trailers: response.trailers, bytes: body.length, text }
}

async function endedJob(records = 200): Promise<number> {
  const jobId = await api.createJob()
  const worker = await api.work(jobId)
  for (let commit = 0; commit < 4; commit++) await worker.commit(records / 4)
  await worker.end()
  return jobId
}

t.test('text is compressed as the client wants, and says the same', async (t) => {
  const jobId = await endedJob()
  for (const path of [
    `/v1/jobs/${jobId}/messages`,
    `/v1/jobs/${jobId}/messages?follow=false&after=7`,
    '/v1/spec',
    '/openapi.json',
    '/docs/static/swagger-ui.css',
    '/docs/static/swagger-ui-bundle.js',
  ]) {
    const plain = await ask(path)
    t.equal(plain.headers['content-encoding'], undefined)
    t.match(plain.headers.vary, /accept-encoding/i)
    for (const encoding of encodings) {
      const answer = await ask(path, { 'accept-encoding': encoding })
      t.equal(answer.headers['content-encoding'], encoding, `${path} ${encoding}`)
      t.match(answer.headers.vary, /accept-encoding/i)
      t.ok(answer.text === plain.text, `${path} ${encoding}`)
      t.ok(answer.bytes < plain.bytes / 2, `${path} ${encoding} ${answer.bytes} of ${plain.bytes}`)
      const length = answer.headers['content-length']
      if (length !== undefined) t.equal(Number(length), answer.bytes, path)
    }
  }
  t.equal((await ask('/metrics', { 'accept-encoding': 'gzip' })).headers['content-encoding'], 'gzip')
})

t.test('the client decides by its quality values; of those it likes equally the quickest is taken', async (t) => {
  const best = encodings.at(-1)
  for (const [accept, encoding] of [
    ['gzip, deflate', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate, br, zstd', best],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['gzip;q=0.001', 'gzip'],
    ['identity, gzip;q=0.5', undefined],
    ['identity', undefined],
    ['gzip;q=0', undefined],
    ['deflate', undefined],
    ['compress;q=1', undefined],
    ['*;q=0', undefined],
    ['', undefined],
    ['nonsense;;q=', undefined],
  ] as const) {
    const { status, headers } = await ask('/v1/spec', { 'accept-encoding': accept })
    t.equal(status, 200)
    t.equal(headers['content-encoding'], encoding, accept)
  }
})

t.test('small bodies, pieces of files and what is not text stay as they are', async (t) => {
  const small = await endedJob(4)
  for (const [path, headers] of [
    ['/health/live', {}],
    ['/nowhere', {}],
    ['/docs/', {}],
    [`/v1/jobs/${small}/messages?after=6`, {}],
    ['/docs/static/swagger-ui.css', { range: 'bytes=0-5000' }],
    ['/docs/static/favicon-32x32.png', {}],
  ] as const) {
    const { headers: had } = await ask(path, { 'accept-encoding': 'gzip, br', ...headers })
    t.equal(had['content-encoding'], undefined, path)
  }
  const piece = await ask('/docs/static/swagger-ui.css', { 'accept-encoding': 'gzip', range: 'bytes=0-5000' })
  t.equal(piece.status, 206)
  t.match(piece.headers['content-range'], /^bytes 0-5000\//)
  t.equal(piece.bytes, 5001)
})

t.test('a compressed file is told apart from the file, and found again', async (t) => {
  const path = '/docs/static/swagger-ui.css'
  const plain = await ask(path)
  const packed = await ask(path, { 'accept-encoding': 'gzip' })
  const tag = String(packed.headers.etag)
  t.ok(tag.startsWith('W/'))
  t.equal(packed.headers['accept-ranges'], undefined)
  t.equal(plain.headers['accept-ranges'], 'bytes')
  const again = await ask(path, { 'accept-encoding': 'gzip', 'if-none-match': tag })
  t.equal(again.status, 304)
  t.equal(again.headers['content-encoding'], undefined)
  t.match(again.headers.vary, /accept-encoding/i)
})

/** A reader that sees what it can decode of a body so far. */
async function openCompressed(url: string, encoding: string, post?: string) {
  const call = await openStream(url, {
    headers: {
      'accept-encoding': encoding,
      accept: 'application/x-ndjson',
      ...(post !== undefined && { 'content-type': 'application/json' }),
    },
    ...(post !== undefined && { method: 'POST', body: post }),
    paused: true,
  })
  const decoder = decoders[encoding]?.()
  if (!decoder) throw new Error(`nothing decodes ${encoding}`)
  let text = ''
  decoder.on('data', (piece: Buffer) => {
    text += piece
  })
  const pieces: Buffer[] = []
  const decoded = once(decoder, 'end').then(
    () => (encoding === 'zstd' && !isWholeFrame(Buffer.concat(pieces)) ? 'cut' : 'end'),
    () => 'cut',
  )
  // The end of the decoder is that of the encoding alone, however the chunks have ended.
  call.response.on('data', (piece: Buffer) => {
    pieces.push(piece)
    decoder.write(piece)
  })
  call.response.on('close', () => decoder.end())
  return {
    ...call,
    text: () => text,
    decoded,
    async until(holds: (text: string) => boolean) {
      while (!holds(text)) await once(decoder, 'data')
    },
  }
}

for (const encoding of encodings) {
  t.test(`a reader of ${encoding} sees each commit when it is made, and the trailer at the end`, async (t) => {
    const body = JSON.stringify({ config: { access_token: 'token-of-a-test' }, streams: ['tags'] })
    const reader = await openCompressed(`${api.url}/v1/jobs`, encoding, body)
    t.equal(reader.headers['content-encoding'], encoding)
    t.equal(reader.headers.vary, 'Accept, Accept-Encoding')
    t.equal(reader.headers.trailer, 'Job-Status')
    const jobId = Number(reader.headers.location?.split('/').at(-1))
    const worker = await api.work(jobId)
    for (const total of [1, 2, 3]) {
      await worker.commit(1)
      await reader.until((text) => text.includes(recordLine(total)) && text.endsWith('\n'))
    }
    await worker.end()
    t.equal(await reader.finished, 'end')
    t.equal(await reader.decoded, 'end')
    t.same(reader.response.trailers, { 'job-status': 'failed' })
    t.equal(countLines(reader.text()), (await api.store.jobs.read('default', jobId)).messageCount)
  })

  t.test(`a cut of ${encoding} is tellable from the chunks and from the encoding, and stops at a line`, async (t) => {
    const closing = await startApp(t, server, { keys: api.store.keys })
    const jobId = await closing.createJob()
    await (await closing.work(jobId)).commit(20)
    const reader = await openCompressed(`${closing.url}/v1/jobs/${jobId}/messages`, encoding)
    await reader.until((text) => countLines(text) === 21)
    closing.closing.abort()
    t.equal(await reader.finished, 'cut')
    t.equal(await reader.decoded, 'cut')
    t.equal(countLines(reader.text()), 21)
    t.ok(reader.text().endsWith('\n'))
  })
}

t.test('a blank line that was asked for comes through at once', async (t) => {
  const clock = createManualClock()
  const timed = await startApp(t, server, { keys: api.store.keys, clock })
  const jobId = await timed.createJob()
  await (await timed.work(jobId)).commit(1)
  const reader = await openCompressed(`${timed.url}/v1/jobs/${jobId}/messages?heartbeat=7`, 'gzip')
  await reader.until((text) => countLines(text) === 2)
  await clock.untilAsleep(7000)
  clock.advance(7000)
  await reader.until((text) => text.endsWith('\n\n'))
  reader.leave()
})

t.test('a reader that stalls stops the reading and compressing of the log', async (t) => {
  const pages = 80
  const page = Buffer.from(`${randomBytes(192 * 1024).toString('base64')}\n`)
  const reads = new Map<number, number>()
  const endless = await startApp(t, server, {
    keys: api.store.keys,
    wrapMessages: (messages): MessageLogReader => ({
      ...messages,
      async read(jobId, after) {
        reads.set(jobId, (reads.get(jobId) ?? 0) + 1)
        randomBytes(1000).copy(page, Math.floor(Math.random() * 100_000))
        page.fill('\n', page.length - 1)
        const isEnd = after >= pages
        const log = { finalStatus: 'succeeded' as const, total: pages, epoch: 'e' }
        return { ...log, messageCount: isEnd ? 0 : 1, body: isEnd ? Buffer.alloc(0) : Buffer.from(page) }
      },
    }),
  })
  const [stalled, swift] = [await endless.createJob(), await endless.createJob()]
  const pathOf = (jobId: number) => `${endless.url}/v1/jobs/${jobId}/messages`
  const headers = { 'accept-encoding': 'gzip' }
  const reader = await openStream(pathOf(stalled), { headers, paused: true })
  // Nothing holds this one back, and it goes through all pages: time enough for the other to do the same.
  const other = await openStream(pathOf(swift), { headers })
  t.equal(await other.finished, 'end')
  t.ok((reads.get(swift) ?? 0) >= pages)
  t.ok((reads.get(stalled) ?? 0) < pages / 2, `${reads.get(stalled)} of ${pages} pages`)
  reader.leave()
})
