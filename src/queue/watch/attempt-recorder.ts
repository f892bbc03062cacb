import type { Clock } from '../../clock.ts'
import type { RateLimit } from '../../intercom/budget/latest-limit.ts'
import type { StreamProgress } from '../../sync/contract/commit.ts'
import type { SyncWatch, Wait } from '../../sync/contract/watch.ts'
import type { AttemptFigures } from './job-log.ts'
import { createRowRates } from './row-rates.ts'

/** Counts what an attempt does and waits for. */
interface AttemptRecorder {
  /** For the sync that the attempt runs. */
  sync: Pick<SyncWatch, 'begun' | 'answered' | 'retried'>
  committed(streams: readonly StreamProgress[]): void
  /** The attempt waits for something that the sync does not know of; undefined when it no longer does. */
  waits(wait: Wait | undefined): void
  /** Looks at what the attempt waits for, and counts the time since the last look. */
  look(): AttemptFigures
}

/** A scroll is waited for only by some streams. The job waits for it when no row of the others has come for so long. */
const idleMs = 2000

export function createAttemptRecorder(clock: Pick<Clock, 'monotonic'>): AttemptRecorder {
  const rates = createRowRates()
  const total = { requests: 0, retries: 0, waitedMs: 0 }
  let waiting: () => Wait | undefined = () => undefined
  let rateLimit: () => RateLimit | undefined = () => undefined
  let ownWait: Wait | undefined
  let streams: readonly StreamProgress[] = []
  let rows = 0
  let rowsCameAt = clock.monotonic()
  let lookedAt = clock.monotonic()

  const noteRates = (now: number) =>
    rates.note(now, new Map(streams.map(({ streamName, rowsSynced }) => [streamName, rowsSynced])))

  return {
    sync: {
      begun(askWait, askLimit) {
        waiting = askWait
        rateLimit = askLimit
      },
      answered() {
        total.requests++
      },
      retried() {
        total.retries++
      },
    },
    committed(latest) {
      const isFirst = streams.length === 0
      streams = latest
      const before = rows
      rows = streams.reduce((sum, { rowsSynced }) => sum + rowsSynced, 0)
      if (rows !== before) rowsCameAt = clock.monotonic()
      // The first commit says what came before; the rates count from there.
      if (isFirst) noteRates(clock.monotonic())
    },
    waits(wait) {
      ownWait = wait
    },
    look() {
      const now = clock.monotonic()
      const wait = ownWait ?? waiting()
      if (wait?.waitingFor === 'rate_limit') total.waitedMs += now - lookedAt
      lookedAt = now
      noteRates(now)
      const isIdle = now - rowsCameAt >= idleMs
      return {
        ...total,
        rows,
        rates: rates.perSecond(),
        wait: wait?.waitingFor === 'scroll' && !isIdle ? undefined : wait,
        rateLimit: rateLimit(),
        streams,
      }
    },
  }
}
