import t from 'tap'
import { toJobBody } from '../../src/http/bodies/job-body.ts'
import type { Job } from '../../src/store/job.ts'

const start = Date.UTC(2026, 0, 1)
const job: Job = {
  jobId: 1,
  tenant: 'default',
  jobType: 'sync',
  status: 'running',
  createdAt: start,
  startTime: start,
  lastUpdatedAt: start,
  rowsSynced: 0,
  bytesSynced: 0,
  messageCount: 0,
  logEpoch: 'e',
  attempts: 1,
  streams: [],
  cancelRequested: false,
  fullRefresh: [],
}
const durationAfter = (ms: number) => toJobBody(job, start + ms).duration

t.test('durations have milliseconds', async (t) => {
  for (const [ms, duration] of [
    [0, 'PT0S'],
    [42, 'PT0.042S'],
    [1000, 'PT1S'],
    [59_999, 'PT59.999S'],
    [60_000, 'PT1M'],
    [3_723_450, 'PT1H2M3.45S'],
    [90_000_001, 'PT25H0.001S'],
    [1234.56, 'PT1.234S'],
  ] as const)
    t.equal(durationAfter(ms), duration)
})

t.test('a running stream that Intercom counts says when it will be there', async (t) => {
  const stream = { streamName: 'contacts', status: 'RUNNING' as const, rowsSynced: 400, rowsEstimate: 1000 }
  const progress = { at: start + 5000, rates: { contacts: 60, tags: 0.5 } }
  const shown = (changed: Partial<typeof stream>) =>
    toJobBody({ ...job, progress, streams: [{ ...stream, ...changed }] }, start + 6000)
  t.match(shown({}), { rate: 60.5, streams: [{ rate: 60, eta: '2026-01-01T00:00:15.000Z' }] })
  t.equal(shown({ rowsSynced: 1200 }).streams[0]?.eta, undefined, 'more came than were counted')
  t.same(toJobBody({ ...job, status: 'succeeded', streams: [stream] }, start).streams, [stream])
  const { rowsEstimate: _, ...uncounted } = stream
  const body = toJobBody({ ...job, progress, streams: [uncounted] }, start)
  t.match(body.streams, [{ rate: 60 }])
  t.equal(body.streams[0]?.eta, undefined)
})

t.test('a job says what it waits for, and until when', async (t) => {
  const waiting = (wait: Partial<Job>) => {
    const { waitingFor, waitingUntil } = toJobBody({ ...job, ...wait }, start + 5000)
    return { waitingFor, waitingUntil }
  }
  t.same(waiting({ waitingFor: 'scroll' }), { waitingFor: 'scroll', waitingUntil: undefined })
  t.same(waiting({ waitingFor: 'rate_limit', waitingUntil: start + 6000 }), {
    waitingFor: 'rate_limit',
    waitingUntil: '2026-01-01T00:00:06.000Z',
  })
  t.equal(waiting({ waitingFor: 'rate_limit', waitingUntil: start + 4000 }).waitingFor, undefined, 'that is over')
})
