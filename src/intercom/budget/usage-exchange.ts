import type { Clock } from '../../clock.ts'
import type { BudgetStore, BudgetSubjects } from './budget-store.ts'
import type { BudgetTime } from './budget-time.ts'
import type { HeldPermits } from './held-permits.ts'
import { decide, type Grant, opensInMs, type Requester, type Usage } from './usage/grant.ts'
import type { UsageRecorder } from './usage-recorder.ts'

/** An attempt's messages to the store and the answers, one round trip at a time. */
export interface UsageExchange {
  isRunning(): boolean
  /** Asks for permits, or waits for the exchange that is under way. @param urgent how many are for urgent requests */
  ask(urgent: number): Promise<void>
  /**
   * Reports without asking for permits. This happens at once after a 429, because it concerns all that share the token,
   * and where the store is near; otherwise when the lease on permits is over.
   */
  report(): void
  /** Reports for the last time: this member no longer counts. */
  close(): void
  /** Ms until it is worth asking again; 0 = now. @param isUrgent for an urgent request */
  waitMs(isUrgent: boolean): number
  /** An answer may have made room, so a wait that answers can shorten is over. */
  answerCame(): void
  /** Ms until requests can be sent again, as far as known; undefined while they can, or may at any moment. */
  opensInMs(): number | undefined
  /** This member's share of the requests that a window allows; undefined while nobody knows the limit. */
  perWindow(): number | undefined
}

interface UsageExchangeOptions {
  clock: Clock
  store: BudgetStore
  /** Whose requests these are and which limits they have, as known now. */
  whoAsks: () => { subjects: BudgetSubjects; requester: Requester }
  recorder: UsageRecorder
  held: HeldPermits
  time: BudgetTime
  /** Aborts when the budget closes. */
  closing: AbortSignal
}

export function createUsageExchange(options: UsageExchangeOptions): UsageExchange {
  const { clock, store, whoAsks, recorder, held, time, closing } = options
  let running: Promise<void> | undefined
  let isScheduled = false
  /** The permits that the last exchange granted, and when. */
  let last: { grant: Grant; at: number; isUrgent: boolean } | undefined
  /** The usage that the last exchange left. */
  let usage: Usage = {}

  async function tellStore(wanted: number, urgent: number, isLast: boolean): Promise<void> {
    const unused = held.giveBack()
    if (unused) recorder.unused(unused.window, unused.count)
    const report = recorder.take()
    const { subjects, requester } = whoAsks()
    const grant = await store.update(
      subjects,
      (stored) => {
        const decision = decide(stored, time.now(stored.token?.at), requester, { report, wanted, urgent, isLast })
        usage = decision.usage
        return { usage, result: decision.grant }
      },
      closing,
    )
    last = { grant, at: clock.monotonic(), isUrgent: urgent > 0 }
    if (grant.count > 0) held.put(grant)
  }

  function run(wanted: number, urgent = 0, isLast = false): Promise<void> {
    running ??= tellStore(wanted, urgent, isLast).finally(() => {
      running = undefined
      report()
    })
    return running
  }

  function report(): void {
    if (closing.aborted) return
    if (recorder.isUrgent() || store.permitLifeMs === 0) reportNow()
    else if (!isScheduled && !(recorder.isEmpty() && held.isEmpty())) reportWhenPermitsEnd()
  }

  function reportNow(): void {
    if (running || (recorder.isEmpty() && !held.isExpired())) return
    // A report that cannot be delivered is dropped, because its window ends soon.
    run(0).catch(() => undefined)
  }

  function reportWhenPermitsEnd(): void {
    isScheduled = true
    const wake = () => {
      isScheduled = false
      reportNow()
    }
    clock.sleep(store.permitLifeMs, closing).then(wake, () => undefined)
  }

  return {
    isRunning: () => running !== undefined,
    ask: (urgent) => running ?? run(held.nextBatch(), urgent),
    report,
    async close() {
      while (running) await running.catch(() => undefined)
      await run(0, 0, true).catch(() => undefined)
    },
    waitMs(isUrgent) {
      // What is kept for others has not been asked for yet.
      if (!last || (isUrgent && !last.isUrgent)) return 0
      return Math.max(0, last.at + last.grant.waitMs - clock.monotonic())
    },
    answerCame() {
      if (last?.grant.opensInMs === undefined) last = undefined
    },
    opensInMs: () => opensInMs(usage, time.now(usage.token?.at), whoAsks().requester, recorder.peek()),
    perWindow() {
      const { limit, members = {} } = usage.token ?? {}
      return limit && limit / Math.max(1, Object.keys(members).length)
    },
  }
}
