import type { TestProcess } from '../support/processes.ts'
import type { TestRedis } from '../support/redis.ts'

/** What happens to the service between two measurements. */
export const faultNames = ['worker-killed', 'worker-replaced', 'redis-killed', 'redis-hung', 'redis-paused'] as const
export type FaultName = (typeof faultNames)[number]

/** How long Redis is away or hangs: longer than the lock on a job, ms. */
const awayMs = 16_000

/** The processes of a service under faults. */
export interface FaultyService {
  redis: TestRedis
  /** The worker that has the job at this moment. */
  holder(): TestProcess
  /** Puts a new worker in the place of one, and resolves once it works. */
  replace(worker: TestProcess): Promise<void>
}

/** The longest pause of Redis, ms: shorter than any limit. */
const longestPauseMs = 2000

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Does what the name says. Resolves at the moment from which recovery counts. @param random draws the length of a pause */
export async function inflict(
  fault: FaultName,
  { redis, holder, replace }: FaultyService,
  random: () => number,
): Promise<void> {
  switch (fault) {
    case 'worker-killed': {
      const worker = holder()
      await worker.end('SIGKILL')
      // As an orchestrator does. The other worker is there meanwhile.
      void replace(worker)
      return
    }
    case 'worker-replaced': {
      const worker = holder()
      await replace(worker)
      await worker.end('SIGTERM')
      return
    }
    case 'redis-killed':
      await redis.kill()
      await pause(awayMs)
      return redis.restart()
    case 'redis-hung':
      redis.process.kill('SIGSTOP')
      await pause(awayMs)
      redis.process.kill('SIGCONT')
      return
    case 'redis-paused':
      redis.process.kill('SIGSTOP')
      await pause(random() * longestPauseMs)
      redis.process.kill('SIGCONT')
  }
}
