import fc from 'fast-check'
import t, { type Test } from 'tap'
import { logLine, recordPrefix, recordSuffix, stateLine } from '../../src/airbyte/messages.ts'
import { createRecordReader } from '../../src/store/records/record-reader.ts'
import { digestKey } from '../../src/store/secrets/api-key.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { beginAttempt, commitTo, openStore, segmentsIn, syncRequest, type TestStore } from '../support/store.ts'

const server = await startRedis(t)

/** An API, and a store on the same Redis whose logs leave it for files after so many bytes. */
async function serve(t: Test, windowBytes: number, options: Parameters<typeof startApp>[2] = {}) {
  const store = openStore(server, { segments: await segmentsIn(t, windowBytes) })
  const api = await startApp(t, server, { keys: store.keys, records: createRecordReader(store), ...options })
  return { store, api }
}

const record = (stream: string, text: string) => `${recordPrefix(stream, 1_700_000_000_000)}${text}${recordSuffix}`

const progress = (names: readonly string[]) =>
  names.map((streamName) => ({ streamName, status: 'RUNNING' as const, rowsSynced: 0 }))

/** A running job with a log of these entries. */
async function jobWith(store: TestStore, entries: readonly (readonly string[])[], names: readonly string[]) {
  const { jobId } = await store.jobs.create({ tenant: 'default', request: syncRequest() })
  let attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  const append = async (lines: readonly string[]) => {
    attempt = await commitTo(store, attempt, `1-${attempt.offset}`, {
      body: Buffer.from(lines.join('')),
      messageCount: lines.length,
      recordCount: lines.filter((line) => line.includes('"RECORD"')).length,
      isProgress: true,
      holdsError: false,
      checkpoints: [],
      position: {},
      streams: progress(names),
    })
    await store.segmentMover?.makeRoom(attempt, { total: 1e9, log: 1e9 })
  }
  for (const lines of entries) await append(lines)
  return { jobId, append, attempt: () => attempt, end: () => store.attempts.end(jobId, 1, { status: 'failed' }) }
}

interface Page {
  text: string
  data: { offset: number; stream: string; emitted_at: number; data: Record<string, unknown> }[]
  messagesLeft: number
  next?: string
}

async function readPage(api: TestApp, jobId: number, query: Record<string, string>): Promise<Page> {
  const response = await api.fetch(`/v1/jobs/${jobId}/records?${new URLSearchParams(query)}`)
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`)
  return { ...JSON.parse(text), text }
}

async function readAll(api: TestApp, jobId: number, query: Record<string, string>, limits: readonly number[] = [100]) {
  const pages: Page[] = []
  for (let cursor: string | undefined; ; ) {
    const limit = String(limits[pages.length % limits.length])
    const page = await readPage(api, jobId, { ...query, limit, ...(cursor !== undefined && { cursor }) })
    pages.push(page)
    if (page.next === undefined) return pages
    cursor = page.next
  }
}

async function problemOf(api: TestApp, path: string) {
  const response = await api.fetch(path)
  return {
    status: response.status,
    ...((await response.json()) as { code: string; detail: string; firstLeft?: number }),
  }
}

t.test('all pages together are the records of a stream in its log, the newest first', onRealRedis, async (t) => {
  const { store, api } = await serve(t, 3000)
  const streams = ['contacts', 'contact', 'tags']
  const lines = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...streams).map((stream) => ({ stream })) },
      { weight: 1, arbitrary: fc.constantFrom({ state: 'tags' }, { log: '"stream":"contacts"' }) },
    ),
    { minLength: 1, maxLength: 12 },
  )
  const drawn = fc.record({
    entries: fc.array(lines, { maxLength: 30 }),
    limits: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 3 }),
    padding: fc.constantFrom(0, 300),
    stream: fc.constantFrom(...streams),
    isEnded: fc.boolean(),
  })
  let moved = 0
  await fc.assert(
    fc.asyncProperty(drawn, async ({ entries, limits, padding, stream, isEnded }) => {
      let number = 0
      const texts = entries.map((entry) =>
        entry.map((line) => {
          number++
          if ('stream' in line) return record(line.stream, `{"id":"${number}","x":"${'é'.repeat(padding)}"}`)
          return 'state' in line ? stateLine(line.state, { number }, 1) : logLine('INFO', line.log)
        }),
      )
      const job = await jobWith(store, texts, streams)
      if (isEnded) await job.end()
      moved += await store.redis.zcard(store.redis.keyspace.job(job.jobId, 'segments'))
      const pages = await readAll(api, job.jobId, { stream }, limits)
      const expected = texts
        .flat()
        .map((text, index) => ({ offset: index + 1, ...(JSON.parse(text).record as { stream?: string } | undefined) }))
        .filter((one) => one.stream === stream)
        .toReversed()
      t.same(
        pages.flatMap(({ data }) => data),
        expected,
      )
      for (const [index, { data }] of pages.entries()) t.ok(data.length <= Number(limits[index % limits.length]))
    }),
    { numRuns: 15 },
  )
  t.ok(moved > 0, 'some of it was in files')
})

t.test('a record is given as it is in the log, and found by its whole key', async (t) => {
  const { store, api } = await serve(t, 1e9)
  const digits = '12345678901234567890.10'
  const { jobId } = await jobWith(
    store,
    [
      [
        record('contacts', `{"id":"a\\u002fb","n":${digits},"__proto__":{"id":"7"}}`),
        record('contacts', `{"x":{"id":"7"},"id":${digits}}`),
        record('contacts', '{"id":"77"}'),
        record('company_segments', '{"company_id":"c1","id":"s1"}'),
        record('company_segments', '{"company_id":"c1","id":"s2"}'),
      ],
      [record('contacts', '{"id":7,"version":1}'), record('contacts', '{"id":"7","version":2}')],
    ],
    ['contacts', 'company_segments'],
  )
  const found = async (stream: string, id: string) => (await readPage(api, jobId, { stream, id })).data
  t.match(
    (await found('contacts', '7')).map(({ offset, data }) => [offset, data.version]),
    [
      [7, 2],
      [6, 1],
    ],
  )
  t.same(
    (await found('contacts', 'a/b')).map(({ offset }) => offset),
    [1],
  )
  t.same(
    (await found('contacts', digits)).map(({ offset }) => offset),
    [2],
  )
  t.same(await found('contacts', 'nobody'), [])
  t.same(
    (await found('company_segments', '["c1","s2"]')).map(({ offset }) => offset),
    [5],
  )
  const ofCompany = async (parentId: string, more = {}) =>
    (await readPage(api, jobId, { stream: 'company_segments', parentId, ...more })).data.map(({ offset }) => offset)
  t.same(await ofCompany('c1'), [5, 4])
  t.same(await ofCompany('c1', { id: '["c1","s1"]' }), [4])
  t.same(await ofCompany('c2', { id: '["c1","s1"]' }), [])
  t.same(await ofCompany('s1'), [])
  const { text, messagesLeft } = await readPage(api, jobId, { stream: 'contacts', limit: '100' })
  t.ok(
    text.includes(`"offset":1,"stream":"contacts","emitted_at":1700000000000,"data":{"id":"a\\u002fb","n":${digits}`),
  )
  t.equal(messagesLeft, 0)
  const path = `/v1/jobs/${jobId}/records`
  t.match(await problemOf(api, `${path}?stream=tags`), { status: 400, code: 'invalid_request', detail: /contacts/ })
  t.match(await problemOf(api, `${path}?stream=company_segments&id=s2`), {
    status: 400,
    detail: /JSON array of 2 strings, the values of company_id and id/,
  })
  t.match(await problemOf(api, `${path}?stream=contacts&parentId=7`), {
    status: 400,
    detail: /parentId: cannot be given: the records of contacts have no parent/,
  })
  t.match(await problemOf(api, `${path}?stream=contacts&cursor=x`), { status: 400, detail: /cursor/ })
  t.match(await problemOf(api, path), { status: 400, detail: /stream/ })
})

t.test('each request looks at a bounded piece, and says where it stopped', onRealRedis, async (t) => {
  const { store, api } = await serve(t, 4e6)
  const wide = 'x'.repeat(2000)
  const entry = Array.from({ length: 250 }, (_, index) => record('tags', `{"id":"${index}","wide":"${wide}"}`))
  const { jobId } = await jobWith(
    store,
    [[record('contacts', '{"id":"oldest"}')], ...Array.from({ length: 40 }, () => entry)],
    ['tags', 'contacts'],
  )
  // By CPU, because other tests share the machine: what this process has used between two turns of its loop.
  let longest = 0
  let last = process.cpuUsage()
  const watch = setInterval(() => {
    const { user, system } = process.cpuUsage(last)
    longest = Math.max(longest, (user + system) / 1000)
    last = process.cpuUsage()
  }, 5)
  t.teardown(() => clearInterval(watch))
  const pages = await readAll(api, jobId, { stream: 'contacts', id: 'oldest' })
  clearInterval(watch)
  t.ok(pages.length >= 3 && pages.length <= 4, `20 MiB took ${pages.length} requests`)
  t.same(
    pages.map(({ data }) => data.length),
    [...Array(pages.length - 1).fill(0), 1],
  )
  const left = pages.map((page) => page.messagesLeft)
  t.same(
    left,
    left.toSorted((one, other) => other - one),
  )
  t.equal(left.at(-1), 0)
  t.ok(longest < 200, `the event loop was held for ${Math.round(longest)} ms of CPU`)
})

t.test('a job that runs can be looked at, and its new records are on a new first page', async (t) => {
  const { store, api } = await serve(t, 1e9)
  const pending = await store.jobs.create({ tenant: 'default', request: syncRequest() })
  t.match(await readPage(api, pending.jobId, { stream: 'contacts' }), { data: [], messagesLeft: 0, next: undefined })
  const job = await jobWith(store, [[1, 2, 3].map((id) => record('contacts', `{"id":"${id}"}`))], ['contacts'])
  const first = await readPage(api, job.jobId, { stream: 'contacts', limit: '2' })
  await job.append([record('contacts', '{"id":"4"}')])
  const second = await readPage(api, job.jobId, { stream: 'contacts', cursor: String(first.next) })
  t.same(
    [...first.data, ...second.data].map(({ data }) => data.id),
    ['3', '2', '1'],
  )
  t.same(
    (await readPage(api, job.jobId, { stream: 'contacts', limit: '1' })).data.map(({ data }) => data.id),
    ['4'],
  )
})

t.test('messages that are gone are told as gone, and another log is refused', async (t) => {
  const { store, api } = await serve(t, 1e9)
  const entry = (id: number) => [record('contacts', `{"id":"${id}"}`), stateLine('contacts', { id }, 1)]
  const job = await jobWith(store, [entry(1), entry(2), entry(3), entry(4)], ['contacts'])
  const { jobId } = job
  const path = `/v1/jobs/${jobId}/records?stream=contacts`
  const { logEpoch } = await store.jobs.read('default', jobId)
  t.match(await problemOf(api, `${path}&cursor=4:other.1`), { status: 409, code: 'log_rewound' })
  t.match(await problemOf(api, `${path}&cursor=99:${logEpoch}`), { status: 416, code: 'offset_out_of_range' })
  t.match(await problemOf(api, `${path}&epoch=other`), { status: 409, code: 'log_rewound' })

  // A log without files gives acknowledged messages away when it is full.
  const full = openStore(server, { keys: store.keys, logLimitBytes: 1 })
  await store.jobs.acknowledge('default', jobId, { held: 4, epoch: logEpoch })
  t.ok((await full.attempts.makeRoom(job.attempt())) > 0)
  const page = await readPage(api, jobId, { stream: 'contacts' })
  t.same(
    page.data.map(({ data }) => data.id),
    ['4', '3'],
  )
  t.match(await problemOf(api, `${path}&cursor=${page.next}`), { status: 410, code: 'log_gone', firstLeft: 4 })

  await job.end()
  t.equal((await api.fetch(`/v1/jobs/${jobId}/messages`, { method: 'DELETE' })).status, 204)
  t.match(await problemOf(api, path), { status: 410, code: 'log_gone' })
})

t.test('a job of another tenant is like one that does not exist', async (t) => {
  const { store, api } = await serve(t, 1e9, { apiKeys: [{ tenant: 'acme', digest: digestKey('key-of-acme') }] })
  const { jobId } = await jobWith(store, [[record('contacts', '{"id":"1"}')]], ['contacts'])
  const ask = async (id: number) => {
    const response = await api.fetch(`/v1/jobs/${id}/records?stream=contacts`, {
      headers: { authorization: 'Bearer key-of-acme' },
    })
    return { status: response.status, ...((await response.json()) as object) }
  }
  t.match(await ask(jobId), { status: 404, code: 'job_not_found' })
  t.same(await ask(jobId), await ask(jobId + 999))
})
