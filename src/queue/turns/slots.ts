import type { Clock } from '../../clock.ts'
import type { Attempt } from '../../store/attempts/attempts.ts'
import type { Held, Wait } from '../../sync/contract/watch.ts'
import type { AttemptWatch } from '../watch/attempt-watch.ts'
import type { SlotState } from './rests.ts'

/** The attempts that run in this process, as far as it matters for giving slots back. */
export interface Slots {
  /** The same watch, which also notes here what the attempt does, until it stops. */
  watched(watch: AttemptWatch, attempt: Pick<Attempt, 'jobId' | 'idleRests'>): AttemptWatch
  running(): Omit<SlotState, 'flow'>[]
}

/** What is known of an attempt. */
interface Slot {
  jobId: number
  /** Rests in a row before it that brought no progress. */
  idleRests: number
  since: number
  hasAnswer: boolean
  hasProgress: boolean
  waiting: () => Wait | undefined
  held: () => Held
}

/**
 * What was read since the last commit is read again after a rest. So an attempt without progress that has had answers
 * may rest only so many times in a row: then it keeps its slot until it has come further.
 */
const mostIdleRests = 3

/** Nobody knows what it holds, so it keeps its slot. */
const unknown: Held = { isIdle: false, canGoOnElsewhere: false }

export function createSlots(clock: Pick<Clock, 'now' | 'monotonic'>): Slots {
  const slots = new Set<Slot>()

  function stateOf(slot: Slot): Omit<SlotState, 'flow'> {
    const { isIdle, canGoOnElsewhere } = slot.held()
    const wait = slot.waiting()
    const limitedMs =
      wait?.waitingFor === 'rate_limit' && wait.until !== undefined ? wait.until - clock.now() : undefined
    const losesLittle = slot.hasProgress || !slot.hasAnswer || slot.idleRests < mostIdleRests
    return {
      jobId: slot.jobId,
      limitedMs,
      mayRest: isIdle && canGoOnElsewhere && losesLittle,
      mayGiveWay: canGoOnElsewhere && slot.hasProgress,
      ranMs: clock.monotonic() - slot.since,
    }
  }

  return {
    running: () => [...slots].map(stateOf),
    watched(watch, { jobId, idleRests }) {
      const slot: Slot = {
        jobId,
        idleRests,
        since: clock.monotonic(),
        hasAnswer: false,
        hasProgress: false,
        waiting: () => undefined,
        held: () => unknown,
      }
      slots.add(slot)
      return {
        ...watch,
        sync: {
          begun(waiting, rateLimit) {
            slot.waiting = waiting
            watch.sync?.begun(waiting, rateLimit)
          },
          holding(held) {
            slot.held = held
            watch.sync?.holding(held)
          },
          waited: (ms) => watch.sync?.waited(ms),
          answered(...answer) {
            slot.hasAnswer = true
            watch.sync?.answered(...answer)
          },
          retried: () => watch.sync?.retried(),
        },
        committed(commit) {
          slot.hasProgress ||= commit.isProgress
          watch.committed(commit)
        },
        stop() {
          slots.delete(slot)
          watch.stop()
        },
      }
    },
  }
}
