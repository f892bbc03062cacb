import type { Clock } from '../../clock.ts'
import { type BudgetStore, type BudgetSubjects, createMemoryBudgetStore, type Ledgers } from './budget-store.ts'
import type { Outcome } from './outcome.ts'
import { type Asker, decide, type Leave } from './usage/grant.ts'
import { WORKSPACE_REQUESTS_PER_MINUTE } from './usage/workspace-usage.ts'
import { createNews } from './usage-recorder.ts'

/** What Intercom's rate limit still allows one access token in this 10-second window. */
export interface Budget {
  /** Resolves when one request may be sent. The turn must be ended, whatever came of it. */
  take(signal: AbortSignal): Promise<Turn>
  /** Until when (ms of the injected clock's `now`) requests have to wait; undefined while none has to. */
  waitingUntil(): number | undefined
  /** Counts requests with those of the workspace's other apps from now on. */
  joinWorkspace(id: string): void
  /** Gives back what is left, once no request is under way. No turn is taken afterwards. */
  close(): void
}

/** Leave to send one request. */
export interface Turn {
  end(outcome: Outcome): void
}

/** How much of Intercom's rate limit is taken. */
export interface BudgetOptions {
  clock: Clock
  /** Spreads waiters over the start of a window. */
  random: () => number
  /** Share of the window left to others while others are seen spending. @defaultValue 0.05 */
  reserve?: number
  /** Our own ceiling, whatever Intercom allows: a sixth of it, at least 1, in each window of 10 s. @defaultValue none */
  requestsPerMinute?: number
  /** Requests in flight at most. @defaultValue 10 */
  maxConcurrency?: number
  /** Where requests are counted together with those of others. @defaultValue a memory of its own */
  store?: BudgetStore
  /** Whose requests these are. Every token has its own budget in a store. @defaultValue '' */
  accessToken?: string
  /** Name of this member among those who share the token; never used twice. @defaultValue '' */
  member?: string
  /** Requests of all apps of the workspace. @defaultValue 25,000, as documented */
  workspaceRequestsPerMinute?: number
}

const FIRST_CONCURRENCY = 4

/** A budget of one attempt, shared with all who have the same token and store. */
export function createBudget(options: BudgetOptions): Budget {
  const { clock, store = createMemoryBudgetStore(), accessToken = '', member = '' } = options
  const maxConcurrency = options.maxConcurrency ?? 10
  const subjects: BudgetSubjects = { accessToken }
  const asker: Asker = {
    member,
    reserve: options.reserve ?? 0.05,
    ceiling: options.requestsPerMinute,
    inWorkspace: false,
    workspaceCeiling: options.workspaceRequestsPerMinute ?? WORKSPACE_REQUESTS_PER_MINUTE,
  }
  const news = createNews({ clock, random: options.random, member })
  const ending = new AbortController()
  const waiters: (() => void)[] = []
  let concurrency = Math.min(FIRST_CONCURRENCY, maxConcurrency)
  let inFlight = 0
  let successes = 0
  let wanted = 1
  let leave = { count: 0, window: 0, until: 0 }
  let asking: Promise<void> | undefined
  let settling = false
  let closed = false
  /** What the last exchange gave; the ledgers as they were then. */
  let last: { leave: Leave; at: number } | undefined
  let seen: Ledgers = {}

  /** Tells the store all news, and asks for leave. */
  async function exchange(count: number): Promise<void> {
    returnStale()
    const report = news.take()
    const given = await store.update(
      subjects,
      (ledgers) => {
        seen = ledgers
        return decide(ledgers, news.timeAt(ledgers.token?.at), asker, report, count)
      },
      ending.signal,
    )
    const now = clock.monotonic()
    last = { leave: given, at: now }
    if (given.count > 0) leave = { count: given.count, window: given.window, until: now + Math.max(store.leaveMs, 1) }
  }

  function returnStale(): void {
    if (leave.count === 0) return
    news.unused(leave.window, leave.count)
    wanted = Math.max(1, wanted - leave.count)
    leave.count = 0
  }

  /** One exchange at a time; whoever comes meanwhile waits for the same. */
  function ask(count: number): Promise<void> {
    asking ??= exchange(count).finally(() => {
      asking = undefined
      if (closed) finish()
      else settle()
    })
    return asking
  }

  /** Tells what is left to tell when nobody asks for leave any more. */
  function settle(): void {
    if (settling || closed || !(news.any() || leave.count > 0)) return
    if (store.leaveMs === 0) {
      if (!asking && news.any()) ask(0).catch(() => undefined)
      return
    }
    settling = true
    clock.sleep(store.leaveMs, ending.signal).then(
      () => {
        settling = false
        if (!asking && (news.any() || clock.monotonic() > leave.until)) ask(0).catch(() => undefined)
      },
      () => undefined,
    )
  }

  function finish(): void {
    if (inFlight > 0 || asking || asker.leaving) return
    asker.leaving = true
    ask(0).catch(() => undefined)
  }

  function learnPace(kind: Outcome['kind']): void {
    if (kind === 'given_up') return
    if (kind !== 'answered') {
      successes = 0
      concurrency = Math.max(1, Math.floor(concurrency / 2))
    } else if (++successes >= concurrency && concurrency < maxConcurrency) {
      concurrency++
      successes = 0
    }
  }

  function openTurn(): Turn {
    const { window } = leave
    leave.count--
    inFlight++
    let ended = false
    return {
      end(outcome) {
        if (ended) return
        ended = true
        inFlight--
        news.ended(window, outcome)
        learnPace(outcome.kind)
        // An answer may have made room; where nothing can, the wait goes on.
        if (last?.leave.opensInMs === undefined) last = undefined
        if (closed) finish()
        else if (outcome.kind === 'rate_limited') returnNow()
        else settle()
        for (const wake of waiters.splice(0)) wake()
      },
    }
  }

  /** A refusal is told at once: it holds for all who share the token. */
  function returnNow(): void {
    returnStale()
    if (!asking) ask(0).catch(() => undefined)
  }

  /** Ms until it is worth asking again; 0 = now. */
  const pauseMs = () => (last ? Math.max(0, last.at + last.leave.waitMs - clock.monotonic()) : 0)

  return {
    async take(signal) {
      for (;;) {
        signal.throwIfAborted()
        if (inFlight >= concurrency) await turnFree(waiters, signal)
        else if (leave.count > 0 && (clock.monotonic() <= leave.until || store.leaveMs === 0)) return openTurn()
        else if (asking) await unlessAborted(asking, signal)
        else if (pauseMs() > 0) await clock.sleep(Math.ceil(pauseMs()), signal)
        else {
          if (leave.count === 0) wanted = Math.min(store.leaveSize, wanted * 2)
          await unlessAborted(ask(wanted), signal)
        }
      }
    },
    waitingUntil() {
      if (leave.count > 0) return undefined
      const ledgers = structuredClone(seen)
      const { opensInMs } = decide(ledgers, news.timeAt(ledgers.token?.at), asker, news.peek(), 1)
      return opensInMs === undefined ? undefined : clock.now() + opensInMs
    },
    joinWorkspace(id) {
      subjects.workspaceId = id
      asker.inWorkspace = true
    },
    close() {
      closed = true
      // The last exchange is tried once: whatever it cannot tell is forgotten with the window.
      ending.abort()
      finish()
    },
  }
}

/** What the promise gives, or the signal's reason as soon as it aborts. */
function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Resolves when a request in flight has ended. */
function turnFree(waiters: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      waiters.splice(waiters.indexOf(wake), 1)
      reject(signal.reason)
    }
    const wake = () => {
      signal.removeEventListener('abort', abort)
      resolve()
    }
    waiters.push(wake)
    signal.addEventListener('abort', abort, { once: true })
  })
}
