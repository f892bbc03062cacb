import t from 'tap'
import { CodedError } from '../../src/errors.ts'
import type { Job } from '../../src/store/job.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { openFillableDisk } from '../support/faulty-disk.ts'
import { untilHolds } from '../support/polling.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { segmentsIn, syncRequest, type TestSegments, tenant } from '../support/store.ts'
import {
  countedLog,
  countingSync,
  openService,
  silentLog,
  steadyLocks,
  untilEnded,
  wholeLog,
} from '../support/worker.ts'

const server = await startRedis(t)
const lines = countedLog(60).split(/(?<=\n)/)

/** A job whose log has room for some of its messages only, under a worker whose clock runs ahead. */
async function startJob(teardown: (close: () => unknown) => unknown, segments?: TestSegments) {
  await server.connect().flushall()
  const clock = createAcceleratedClock(Date.now(), 20)
  const service = openService(server, teardown, { clock, logLimitBytes: 8000, ...(segments && { segments }) })
  const { jobId } = await service.jobs.create({ tenant, request: syncRequest() })
  service.startWorker(countingSync(60), steadyLocks, undefined, silentLog)
  const untilWaiting = async (): Promise<Job> => {
    let job = await service.jobs.read(tenant, jobId)
    await untilHolds(async () => {
      job = await service.jobs.read(tenant, jobId)
      return job.waitingFor === 'log_space' || job.endTime !== undefined
    })
    return job
  }
  return { service, jobId, untilWaiting }
}

t.test('a full log in Redis goes on whenever messages are acknowledged', onRealRedis, async (t) => {
  const { service, jobId, untilWaiting } = await startJob(t.teardown)
  const read: string[] = []
  let waits = 0
  for (let held = 0; ; ) {
    const job = await untilWaiting()
    for (;;) {
      const page = await service.messages.read(jobId, held, 1e6)
      if (page.messageCount === 0) break
      read.push(page.body.toString())
      held += page.messageCount
    }
    if (job.endTime !== undefined && held === job.messageCount) break
    if (job.endTime === undefined) waits++
    t.match(await service.jobs.acknowledge(tenant, jobId, { held, epoch: job.logEpoch }), { offset: held })
  }
  t.ok(waits > 1)
  t.equal(read.join(''), lines.join(''), 'nothing missing and nothing twice')
  t.match(await untilEnded(service, jobId), { status: 'succeeded', attempts: 1 })

  const gone = await service.messages.read(jobId, 0, 1e6).catch((error: unknown) => error)
  if (!(gone instanceof CodedError)) throw new Error('it was read')
  t.equal(gone.code, 'log_gone')
  const firstLeft = Number(gone.extensions.firstLeft)
  t.ok(firstLeft > 0 && firstLeft < lines.length)
  t.ok((await service.messages.read(jobId, firstLeft, 1)).body.toString().startsWith(lines[firstLeft] ?? '?'))
  t.match(await service.jobs.readStates(tenant, jobId, firstLeft), {
    contacts: { updated_at: firstLeft - firstLeft / 6 - 1 },
  })
  await t.rejects(service.jobs.readStates(tenant, jobId, firstLeft - 1), {
    code: 'log_gone',
    extensions: { firstLeft },
  })
  t.match(await service.jobs.readStates(tenant, jobId), { contacts: { updated_at: 299 } })
})

t.test('a job that waits for a full disk goes on when there is room, in the same attempt', onRealRedis, async (t) => {
  const segments = await segmentsIn(t, 2000)
  const disk = openFillableDisk(segments.root)
  for (const at of ['create', 'write', 'sync'] as const)
    await t.test(`full at ${at}`, async (t) => {
      const errors: unknown[] = []
      const onError = (error: unknown) => void errors.push(error)
      await disk.fill(at)
      const { service, jobId, untilWaiting } = await startJob(t.teardown, { ...segments, disk, onError })
      t.match(await untilWaiting(), { status: 'running', waitingFor: 'log_space' })
      t.match(errors.at(-1), { code: 'ENOSPC' }, 'it says why')

      await disk.makeRoom()
      const job = await untilEnded(service, jobId)
      t.match(job, { status: 'succeeded', attempts: 1, messageCount: lines.length })
      t.equal(await wholeLog(service, jobId), lines.join(''), 'nothing missing and nothing twice')
    })
})

t.test('a job that waits for room can be cancelled', onRealRedis, async (t) => {
  const { service, jobId, untilWaiting } = await startJob(t.teardown)
  t.match(await untilWaiting(), { status: 'running', waitingFor: 'log_space' })
  await service.jobs.cancel(tenant, jobId)
  t.match(await untilEnded(service, jobId), { status: 'cancelled' })
})
