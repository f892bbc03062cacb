import type { Clock } from '../../clock.ts'
import type { Concurrency } from './concurrency.ts'
import type { HeldPermits } from './held-permits.ts'
import type { Outcome } from './outcome.ts'
import { createPermitQueue } from './permit-queue.ts'
import type { UsageExchange } from './usage-exchange.ts'

/** What a permit is for: this decides when it comes, compared with others that wait. */
export interface AskedPermit {
  /** It goes before all that are not urgent. @defaultValue false */
  isUrgent?: boolean | undefined
  /** Requests of one name share their turns with those of other names. @defaultValue '' */
  turn?: string | undefined
  /** Requests of one kind take about equally long. @defaultValue '' */
  kind?: string | undefined
}

/** The right to send one request. */
export interface Permit {
  /** The request has ended. A second call does nothing. */
  end(outcome: Outcome): void
}

/** Hands out permits to the requests that wait for one. */
interface Grants {
  /** @throws the signal's reason when it aborts */
  take(signal: AbortSignal, asked?: AskedPermit): Promise<Permit>
  /** Gives permits to those who wait, as far as there are any, and sees to it that more will come. */
  serve(): void
}

interface GrantsOptions {
  clock: Clock
  concurrency: Concurrency
  held: HeldPermits
  exchange: UsageExchange
  /** @param window the window that the permit was granted for */
  openPermit: (window: number, kind: string) => Permit
}

/** Somebody who waits for a permit. */
interface Waiting {
  kind: string
  resolve(permit: Permit): void
  reject(error: unknown): void
}

/** Why there is no permit; docs/architecture/5-budget.md has the whole machine. */
type State = 'full' | 'asking' | 'waiting' | 'idle'

/** Why a wait ends before its time. Without a reason of our own, each end would make an error with its stack. */
const OVER = new Error('the wait is over')

export function createGrants({ clock, concurrency, held, exchange, openPermit }: GrantsOptions): Grants {
  const queue = createPermitQueue<Waiting>()
  /** What those in the queue wait for: an exchange, or a time. Undefined while a request that ends will serve them. */
  let wait: { isOver: () => boolean; stop: AbortController } | undefined

  const waitMs = () => exchange.waitMs(queue.urgent() > 0)

  function state(): State {
    if (concurrency.isFull()) return 'full'
    if (exchange.isRunning()) return 'asking'
    return waitMs() > 0 ? 'waiting' : 'idle'
  }

  function serve(): void {
    while (!queue.isEmpty() && !concurrency.isFull()) {
      const window = held.use()
      if (window === undefined) break
      const waiting = queue.next()
      waiting?.resolve(openPermit(window, waiting.kind))
    }
    if (wait?.isOver()) wait.stop.abort(OVER)
    else if (!wait && !queue.isEmpty() && state() !== 'full') waitForMore(state())
  }

  function waitForMore(reason: State): void {
    const stop = new AbortController()
    // An answer may make room before the time is over, and whoever waits may be gone.
    const isOver = () => queue.isEmpty() || (reason === 'waiting' && state() !== 'waiting')
    wait = { isOver, stop }
    const more = reason === 'waiting' ? clock.sleep(Math.ceil(waitMs()), stop.signal) : exchange.ask(queue.urgent())
    more
      .catch((error: unknown) => {
        if (error !== OVER) for (const waiting of queue.drain()) waiting.reject(error)
      })
      .finally(() => {
        wait = undefined
        serve()
      })
  }

  return {
    serve,
    take: (signal, { isUrgent = false, turn = '', kind = '' } = {}) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const leave = () => {
          queue.remove(waiting)
          reject(signal.reason)
          serve()
        }
        const settled = () => signal.removeEventListener('abort', leave)
        const waiting: Waiting = {
          kind,
          resolve(permit) {
            settled()
            resolve(permit)
          },
          reject(error) {
            settled()
            reject(error)
          },
        }
        signal.addEventListener('abort', leave, { once: true })
        queue.add(waiting, isUrgent, turn)
        serve()
      }),
  }
}
