import t from 'tap'
import { CodedError } from '../../src/errors.ts'
import { createMetrics } from '../../src/metrics.ts'
import { countAttempts } from '../../src/queue/attempt-observer.ts'
import { createDeferred } from '../support/deferred.ts'
import { parseMetrics } from '../support/metrics.ts'
import { startRedis } from '../support/redis.ts'
import { syncRequest, tenant } from '../support/store.ts'
import { countingSync, fastLocks, openService, untilAborted, untilEnded } from '../support/worker.ts'

const server = await startRedis(t)

t.test('each attempt is counted with what became of it: failed, handed over, ended', async (t) => {
  const service = openService(server, (close) => t.teardown(close))
  const metrics = createMetrics()
  const observe = countAttempts(metrics)
  const figures = async () => parseMetrics(await metrics.render())
  const { jobId } = await service.jobs.create({ tenant, request: syncRequest() })

  const hanging = createDeferred()
  let isFirst = true
  const first = service.startWorker(
    countingSync(3, async (number, signal) => {
      if (number === 0) return
      if (isFirst) {
        isFirst = false
        throw new CodedError('intercom_unavailable')
      }
      hanging.resolve()
      await untilAborted(signal)
    }),
    fastLocks,
    observe,
  )
  await hanging.promise
  const during = await figures()
  t.equal(during.get('intercom_sync_attempts_started_total'), 2)
  t.equal(during.get('intercom_sync_attempts_running'), 1)
  t.equal(during.get('intercom_sync_attempts_ended_total{outcome="failed"}'), 1)
  t.equal(during.get('intercom_sync_commits_total'), 1)
  t.equal(during.get('intercom_sync_records_total'), 5)

  await first.handOver()
  const second = service.startWorker(countingSync(3), fastLocks, observe)
  const { attempts } = await untilEnded(service, jobId)
  await second.handOver()
  const after = await figures()
  t.equal(after.get('intercom_sync_attempts_started_total'), attempts)
  t.equal(after.get('intercom_sync_attempts_ended_total{outcome="ended"}'), 1)
  // A worker that stops may still begin a job it was fetching, and hands it over again.
  t.ok(attempts >= 3)
  t.equal(after.get('intercom_sync_attempts_ended_total{outcome="handed_over"}'), attempts - 2)
  t.equal(after.get('intercom_sync_attempts_running'), 0)
  t.equal(after.get('intercom_sync_records_total'), 15)
})
