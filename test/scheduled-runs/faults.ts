import { setTimeout as pause } from 'node:timers/promises'
import { integerBetween, type Random } from '../../simulator/random.ts'
import type { TestProcess } from '../support/processes.ts'
import type { TestRedis } from '../support/redis.ts'

/** How often each has happened. */
export interface FaultCounts {
  redisStops: number
  workersKilled: number
  /** Of records in Intercom. */
  changes: number
}

interface Faulty {
  mutate(): void
  server: TestRedis
  workers: TestProcess[]
  startWorker(): TestProcess
}

/** Ms from one to the next. */
type Span = readonly [from: number, to: number]

const changesEvery: Span = [200, 1000]

/** Changes Intercom, stops Redis for up to two seconds, and kills workers: each again and again, whatever the others do. */
export function causeFaults(
  random: Random,
  faultsEvery: Span,
  counts: FaultCounts,
  { mutate, server, workers, startWorker }: Faulty,
) {
  const over = new AbortController()
  const again = async ([from, to]: Span, act: () => Promise<void>) => {
    for (;;) {
      await pause(integerBetween(random, from, to), undefined, { signal: over.signal }).catch(() => undefined)
      if (over.signal.aborted) return
      await act()
    }
  }
  const causing = Promise.all([
    again(changesEvery, async () => {
      counts.changes++
      mutate()
    }),
    again(faultsEvery, async () => {
      counts.redisStops++
      await server.kill()
      await pause(integerBetween(random, 0, 2000))
      await server.restart()
    }),
    again(faultsEvery, async () => {
      counts.workersKilled++
      const place = integerBetween(random, 0, workers.length - 1)
      await workers[place]?.end('SIGKILL')
      workers[place] = startWorker()
    }),
  ])
  return {
    end() {
      over.abort()
      return causing
    },
  }
}
