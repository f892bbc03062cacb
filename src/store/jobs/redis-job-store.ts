import { CodedError } from '../../errors.ts'
import { storeAnswer } from '../availability.ts'
import { acknowledge } from '../connections/acknowledgement.ts'
import { deleteMessages } from '../log/delete-messages.ts'
import { statesAt } from '../log/job-states.ts'
import type { JobStoreDependencies, JobStoreOptions } from './dependencies.ts'
import { listJobs } from './job-list.ts'
import type { JobStore } from './job-store.ts'
import { readJob, tellWaiting } from './read-job.ts'
import { createReaderLeases, usualReaderLeaseMs } from './reader-leases.ts'
import { requestEnd } from './request-end.ts'
import { createJob, findRepeated } from './start-job.ts'
import { waitForChange } from './status-wait.ts'

export function createJobStore(options: JobStoreOptions): JobStore {
  const dependencies: JobStoreDependencies = {
    readerLeaseMs: usualReaderLeaseMs,
    isHeld: async () => true,
    dequeue: async () => undefined,
    ...options,
  }
  const { redis, clock, wakeUps } = dependencies
  const read: JobStore['read'] = (tenant, jobId, epoch) => readJob(dependencies, tenant, jobId, epoch)

  return {
    ...createReaderLeases(dependencies),
    read,
    create: (newJob) => createJob(dependencies, newJob),
    findRepeated: (tenant, repeat, graceMs) => findRepeated(dependencies, tenant, repeat, graceMs),
    async cancel(tenant, jobId, epoch) {
      await read(tenant, jobId, epoch)
      const outcome = await requestEnd(dependencies, jobId, 'requested')
      if (outcome === 'ENDED') throw new CodedError('job_ended')
      return read(tenant, jobId)
    },
    async deleteMessages(tenant, jobId, epoch) {
      await read(tenant, jobId, epoch)
      await deleteMessages(redis, jobId)
      await storeAnswer(dependencies.dequeue(jobId))
    },
    async list(tenant, filter) {
      const page = await listJobs(redis, tenant, filter)
      return { ...page, items: await tellWaiting(dependencies, page.items) }
    },
    readStates: async (tenant, jobId, at, epoch) => statesAt(dependencies, await read(tenant, jobId), at, epoch),
    acknowledge: (tenant, jobId, holding) => acknowledge(dependencies, () => read(tenant, jobId), holding),
    readWhenChanged: (tenant, jobId, timeoutMs, signal) =>
      waitForChange({ clock, wakeUps, read: () => read(tenant, jobId) }, jobId, timeoutMs, signal),
  }
}
