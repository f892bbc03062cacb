import t from 'tap'
import type { ServiceRequest } from '../../src/connector/bridge/service/service-client.ts'
import { watchForWorker } from '../../src/connector/bridge/worker-watch.ts'
import { createManualClock } from '../support/manual-clock.ts'

t.test('what was printed is acknowledged when the job waits because its log is full, and only then', async (t) => {
  const clock = createManualClock()
  const asked: ServiceRequest[] = []
  const jobs = ['rate_limit', 'log_space', undefined].map((waitingFor) => ({ jobId: 7, waitingFor }))
  const client = {
    async ask(request: ServiceRequest) {
      asked.push(request)
      return request.method === 'GET' ? jobs.shift() : {}
    },
  }
  const watch = watchForWorker({ jobId: 7, epoch: 'a.b' }, { client, clock, printed: { held: 42 } })
  for (let minute = 0; minute < 3; minute++) {
    clock.advance(60_000)
    await watch.look()
  }
  const get = { method: 'GET', path: '/v1/jobs/7?epoch=a.b' }
  t.same(asked, [get, get, { method: 'POST', path: '/v1/jobs/7/ack?epoch=a.b', body: { offset: 42 } }, get])
})
