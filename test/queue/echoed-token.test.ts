import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { reportOf } from '../../src/error-report.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { startApp } from '../support/app.ts'
import { canary, givenAway } from '../support/canary.ts'
import { undocumentedKeys } from '../support/documented-keys.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { startRedis } from '../support/redis.ts'
import { allValues } from '../support/redis-values.ts'
import { tenant } from '../support/store.ts'
import { openService, untilEnded, wholeLog } from '../support/worker.ts'

const config = { access_token: canary }
const server = await startRedis(t)
const intercom = await listenSimulator(t, {
  contacts: 3,
  companies: 0,
  conversations: 0,
  accessTokens: { [canary]: [] },
})
const { url: baseUrl } = intercom

const refusal = (status: number, text: string) => ({
  status,
  body: { type: 'error.list', errors: [{ code: 'refused', message: `${'x'.repeat(185)} ${text}` }] },
  repeat: 1000,
})

for (const status of [400, 401, 403])
  t.test(`a token that comes back with ${status} is in no record of the job, no message, no log`, async (t) => {
    await server.connect().flushall()
    const service = openService(server, t.teardown)
    const random = () => 0.5
    const scrollLeaseOf = () => ({ hold: <Result>(_signal: AbortSignal, work: () => Promise<Result>) => work() })
    service.startWorker(
      createEngine({ clock: systemClock, random, baseUrl, createSpool: createFileSpool, scrollLeaseOf }),
    )
    intercom.faults.clear()
    intercom.faults.next([refusal(status, canary)])
    const request = parseSyncRequest({ config, streams: ['contacts'] })
    const { jobId } = await service.jobs.create({ tenant, request })
    const job = await untilEnded(service, jobId)
    t.equal(job.status, 'failed')
    t.match(job.failure?.message, /x{100}/)
    t.equal(givenAway(job), undefined)
    t.equal(givenAway(await wholeLog(service, jobId)), undefined)
    t.equal(givenAway(await allValues(service.redis)), undefined)
    t.same(await undocumentedKeys(service.redis), [], 'docs/architecture/6-redis.md has every key')
    for (const { error } of service.reported) t.equal(givenAway(reportOf(error, config)), undefined)
  })

t.test('nor is it in what check and discover answer, nor in what the service logs of it', async (t) => {
  const app = await startApp(t, server, { intercomBaseUrl: baseUrl })
  const ask = async (path: string) => {
    const headers = { 'content-type': 'application/json' }
    const response = await app.fetch(path, { method: 'POST', headers, body: JSON.stringify({ config }) })
    return response.text()
  }
  for (const status of [400, 401, 403])
    for (const path of ['/v1/check', '/v1/discover']) {
      intercom.faults.clear()
      intercom.faults.next([refusal(status, canary)])
      const text = await ask(path)
      t.match(text, /x{100}|CATALOG/, `${path} tells of ${status}`)
      t.equal(givenAway(text), undefined)
    }
  intercom.faults.clear()
  intercom.faults.next([{ headers: { 'Intercom-Version': canary }, repeat: 100 }])
  t.equal(givenAway(await ask('/v1/check')), undefined)
  t.not(app.logged.length, 0)
  t.equal(givenAway(app.logged.join('')), undefined)
})
