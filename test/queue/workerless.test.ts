import t from 'tap'
import { startBridgedService } from '../support/bridged-service.ts'
import { keyspace } from '../support/keys.ts'
import { onRealRedis } from '../support/redis.ts'

t.setTimeout(120_000)

t.test('a running job whose last worker has died can be ended, and its connection goes on', onRealRedis, async (t) => {
  const service = await startBridgedService(t, { contacts: 2000 })
  const connection = JSON.stringify({ config: { access_token: 'simulator-token' }, streams: ['contacts'] })
  await service.fetch('/v1/connections/kept', { method: 'PUT', body: connection })
  service.intercom.faults.next([{ match: { path: '/contacts/search' }, skip: 3, repeat: 9, holdUntil: 'never' }])
  const post = () => service.fetch('/v1/jobs', { method: 'POST', body: JSON.stringify({ connectionId: 'kept' }) })
  const { jobId } = (await (await post()).json()) as { jobId: number }
  await service.untilStatus(jobId, 'running')
  await service.stopWorker('SIGKILL')
  // The worker may have died before its search that would have been held.
  service.intercom.faults.clear()
  t.equal((await service.fetch(`/v1/jobs/${jobId}`, { method: 'DELETE' })).status, 200)
  t.match(await service.untilStatus(jobId, 'cancelled', 'failed', 'succeeded'), { status: 'cancelled' })
  const next = await post()
  t.equal(next.status, 202)
  // As if half a minute had gone by since the worker was last seen.
  await service.redis.connect().del(keyspace.workers)
  const { jobId: waiting } = (await next.json()) as { jobId: number }
  t.match(await service.untilWaiting(waiting), { status: 'pending', waitingFor: 'worker' })
  t.equal((await service.fetch(`/v1/jobs/${waiting}`, { method: 'DELETE' })).status, 200)
  t.equal((await service.fetch('/v1/connections/kept', { method: 'DELETE' })).status, 200)
})
