import t from 'tap'
import type { StreamStatus } from '../../src/airbyte/messages.ts'
import { CodedError, type JobFailure, toJobFailure } from '../../src/errors.ts'
import type { JobEnding } from '../../src/store/attempts/job-end.ts'
import type { Commit, StreamProgress } from '../../src/sync/contract/commit.ts'
import { jobKey } from '../support/keys.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, openStore, syncRequest, tenant } from '../support/store.ts'

const server = await startRedis(t)
const store = openStore(server)
const failure: JobFailure = toJobFailure(new CodedError('token_invalid'))

const progressOf = (statuses: StreamStatus[]): StreamProgress[] =>
  statuses.map((status, index) => ({ streamName: `s${index}`, status, rowsSynced: index }))

/** A job whose streams have come as far as told, ended; what its log says after the commit. */
async function close(statuses: StreamStatus[], ending: JobEnding, commit: Partial<Commit> = {}) {
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  const attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  const sent = { ...commitOf(1, 2, progressOf(statuses)), ...commit }
  await store.attempts.commit(attempt, '1-1', sent)
  await store.attempts.end(jobId, 1, ending)
  const page = await store.messages.read(jobId, sent.messageCount, 1e6)
  const lines = page.body.toString().split('\n').filter(Boolean)
  return { job: await store.jobs.read(tenant, jobId), traces: lines.map((line) => JSON.parse(line).trace), page }
}

const shorten = (trace: { type: string; stream_status?: { status: string; stream_descriptor: { name: string } } }) =>
  trace.stream_status ? `${trace.stream_status.stream_descriptor.name} ${trace.stream_status.status}` : trace.type

t.test('each stream that started ends once, whatever its status was', async (t) => {
  const all: StreamStatus[] = ['STARTED', 'RUNNING', 'COMPLETE', 'INCOMPLETE']
  for (const first of all) {
    for (const second of all) {
      const { job, traces } = await close([first, second], { status: 'failed', failure })
      const open = [first, second].flatMap((status, index) =>
        status === 'STARTED' || status === 'RUNNING' ? [`s${index} INCOMPLETE`] : [],
      )
      t.same(traces.map(shorten), [...open, 'ERROR'], `${first}, ${second}`)
      t.same(
        job.streams.map(({ status }) => status),
        [first, second].map((status) => (status === 'COMPLETE' ? 'COMPLETE' : 'INCOMPLETE')),
      )
      t.equal(job.status, 'failed')
      t.same(job.failure, failure)
    }
  }
})

t.test('a job whose streams are all complete succeeds and adds nothing to its log', async (t) => {
  const { job, traces, page } = await close(['COMPLETE', 'COMPLETE'], { status: 'succeeded' })
  t.same(traces, [])
  t.equal(job.status, 'succeeded')
  t.equal(job.failure, undefined)
  t.equal(page.finalStatus, 'succeeded')
  t.equal(page.total, 3)
})

t.test('a job that is said to have succeeded with a stream left open fails', async (t) => {
  const { job, traces } = await close(['COMPLETE', 'RUNNING'], { status: 'succeeded' })
  t.equal(job.status, 'failed')
  t.equal(job.failure?.code, 'streams_incomplete')
  t.same(traces.map(shorten), ['s1 INCOMPLETE', 'ERROR'])
})

t.test('a TRACE ERROR that the sync has written itself is not written again', async (t) => {
  const error = '{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":{"message":"no permission"}}}\n'
  const commit = { body: Buffer.from(error), messageCount: 1, holdsError: true, checkpoints: [] }
  const { traces } = await close(['INCOMPLETE'], { status: 'failed', failure }, commit)
  t.same(traces, [])
})

t.test('a record that quotes a TRACE ERROR is no TRACE ERROR', async (t) => {
  const quote = '{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1}}'
  const body = `{"type":"RECORD","record":{"stream":"s0","emitted_at":1,"data":{"a":${quote}}}}\n`
  const commit = { body: Buffer.from(body), messageCount: 1, checkpoints: [] }
  const { traces } = await close(['INCOMPLETE'], { status: 'failed', failure }, commit)
  t.same(traces.map(shorten), ['ERROR'])
})

t.test('a job ended on another Redis than the last commit gets a new epoch: what was read may be lost', async (t) => {
  for (const runId of [undefined, 'another']) {
    const { jobId, logEpoch } = await store.jobs.create({ tenant, request: syncRequest() })
    const attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
    await store.attempts.commit(attempt, '1-1', commitOf(1, 2, progressOf(['RUNNING'])))
    if (runId) await store.redis.hset(jobKey(jobId, 'record'), 'runId', runId)
    await store.attempts.end(jobId, 1, { status: 'failed', failure })
    t.equal((await store.jobs.read(tenant, jobId)).logEpoch === logEpoch, runId === undefined)
  }
})

t.test('of many that end a job at once, one writes', async (t) => {
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  const attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  await store.attempts.commit(attempt, '1-1', commitOf(1, 2, progressOf(['RUNNING', 'STARTED'])))
  const others = [openStore(server, { keys: store.keys }), openStore(server, { keys: store.keys }), store]
  const outcomes = await Promise.all(
    others.flatMap((one) => [
      one.attempts.end(jobId, 1, { status: 'failed', failure }),
      one.attempts.end(jobId, 1, { status: 'cancelled', failure }),
    ]),
  )
  t.same(outcomes.toSorted(), ['DONE', 'ENDED', 'ENDED', 'ENDED', 'ENDED', 'ENDED'])
  t.equal((await store.jobs.read(tenant, jobId)).messageCount, 6)
  t.equal((await store.messages.read(jobId, 0, 1e6)).messageCount, 6)
})

t.test('a commit that comes between reading and ending is not lost to the closing lines', async (t) => {
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  const attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  const commits = Promise.all(
    Array.from({ length: 5 }, (_, index) =>
      store.attempts.commit(
        { ...attempt, offset: index * 2 },
        `1-${index}`,
        commitOf(index, 1, progressOf(Array(index + 1).fill('RUNNING'))),
      ),
    ),
  )
  const end = store.attempts.end(jobId, 1, { status: 'failed', failure })
  const written = (await commits).filter((outcome) => outcome === 'COMMITTED').length
  t.equal(await end, 'DONE')
  const job = await store.jobs.read(tenant, jobId)
  t.equal(job.streams.length, written, 'the streams of the last commit that got in')
  t.equal(job.messageCount, written * 2 + written + 1)
})

t.test('the end deletes the request and the position, and leaves messages and states', async (t) => {
  const { job } = await close(['COMPLETE'], { status: 'succeeded' })
  const left = await store.redis.keys(`intercom-sync:{job:${job.jobId}}:*`)
  t.same(left.map((key) => key.slice(key.lastIndexOf(':') + 1)).toSorted(), ['data-key', 'log', 'record', 'states'])
})

t.test('a job whose data key is lost still ends', async (t) => {
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  const stranger = openStore(server)
  t.equal(await stranger.attempts.end(jobId, 0, { status: 'failed', failure }), 'DONE')
  t.equal((await store.jobs.read(tenant, jobId)).status, 'failed')
})
