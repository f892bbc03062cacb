import t from 'tap'
import { readRemoteJob } from '../../src/client/jobs/job.ts'
import { createJobProgress } from '../../src/client/jobs/job-progress.ts'
import { jobText } from '../../src/client/jobs/job-text.ts'
import { createManualClock } from '../support/manual-clock.ts'

/** A job as a service tells it that says all there is to say. */
const told = {
  jobId: 17,
  connectionId: 'acme',
  status: 'running',
  logEpoch: 'a.b',
  createdAt: '2026-01-01T00:00:00.000Z',
  duration: 'PT1H1M3.25S',
  rowsSynced: 1300,
  bytesSynced: 2_600_000,
  messageCount: 1400,
  attempts: 2,
  waitingFor: 'rate_limit',
  waitingUntil: '2026-01-01T00:00:09.000Z',
  streams: [
    {
      streamName: 'contacts',
      status: 'RUNNING',
      rowsSynced: 1000,
      rowsEstimate: 5000,
      rate: 200,
      eta: '2026-01-01T00:00:20Z',
    },
    { streamName: 'companies', status: 'RUNNING', rowsSynced: 300, rowsEstimate: 900 },
    { streamName: 'tags', status: 'COMPLETE', rowsSynced: 12, rowsEstimate: 12 },
  ],
  skippedStreams: ['tickets'],
}

t.test('what a service tells of waits, rates and ends is shown', async (t) => {
  const clock = createManualClock()
  const progress = createJobProgress(readRemoteJob(told), clock)
  t.match(progress.view(), {
    seconds: 3663.25,
    waitingFor: "Intercom's rate limit, until 00:00:09 UTC",
    streams: [
      { name: 'contacts', status: 'reading', records: 1000, estimate: 5000, rate: 200, secondsLeft: 20 },
      { name: 'companies', status: 'reading', records: 300 },
      { name: 'tags', status: 'complete' },
    ],
  })
  t.equal(progress.view().streams[1]?.rate, undefined, 'there is nothing to measure yet')
})

t.test('a stream that has fewer rows than Intercom shows people says why', async (t) => {
  const completeness = { capped: 1, deletedMeanwhile: 2 }
  const parts = { streamName: 'conversation_parts', status: 'COMPLETE', rowsSynced: 500, completeness }
  const text = jobText(readRemoteJob({ ...told, streams: [parts] }))
  t.match(text, /\n {2}conversation_parts: of 1 parent Intercom gives the newest children only\n/)
  t.match(text, /\n {2}conversation_parts: 2 parents deleted between being found and being read\n/)
})

t.test('a rate that the service does not tell is measured', async (t) => {
  const clock = createManualClock()
  const progress = createJobProgress(readRemoteJob(told), clock)
  clock.advance(10_000)
  const [contacts, companies, tags] = told.streams
  progress.take(readRemoteJob({ ...told, streams: [contacts, { ...companies, rowsSynced: 500 }, tags] }))
  t.match(progress.view().streams[1], { records: 500, rate: 20, secondsLeft: 20 })
})

t.test('a job that waits for anything says so, in words where they are known', async (t) => {
  const clock = createManualClock()
  const waitOf = (more: object) => {
    const { waitingFor, waitingUntil, ...rest } = told
    return createJobProgress(readRemoteJob({ ...rest, ...more }), clock).view().waitingFor
  }
  t.equal(waitOf({}), undefined)
  t.equal(waitOf({ waitingFor: 'worker' }), 'a worker: none is running')
  t.equal(waitOf({ waitingFor: 'the moon' }), 'the moon')
  t.equal(waitOf({ status: 'pending' }), 'its turn')
  t.equal(waitOf({ status: 'incomplete' }), 'the next attempt')
  t.equal(waitOf({ status: 'failed', waitingFor: 'worker' }), undefined)
})

t.test('a job is told in lines', async (t) => {
  t.equal(
    jobText(readRemoteJob({ ...told, status: 'failed', failure: { message: 'Intercom is away' } })),
    [
      'Job 17 of connection acme has failed after 3663.3 s: 1,300 records, 2.6 MB, 1,400 messages, 2 attempts',
      '  Intercom is away',
      '  contacts   RUNNING   1,000 of 5,000',
      '  companies  RUNNING   300 of 900',
      '  tags       COMPLETE  12 of 12',
      '  tickets    SKIPPED',
      '',
    ].join('\n'),
  )
})

t.test('what is no job is refused', async (t) => {
  for (const value of [null, [], {}, { jobId: 1 }, { jobId: '1', logEpoch: 'a' }])
    t.throws(() => readRemoteJob(value), { code: 'route_not_found' })
})
