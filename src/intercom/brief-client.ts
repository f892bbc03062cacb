import { randomBytes } from 'node:crypto'
import type { SourceConfig } from '../airbyte/source-config.ts'
import type { Clock } from '../clock.ts'
import { CodedError } from '../errors.ts'
import type { Proxies } from '../network/proxies.ts'
import { RefusedError } from './answers/failures.ts'
import { type Budget, createBudget } from './budget/budget.ts'
import type { BudgetStore } from './budget/budget-store.ts'
import { baseUrlOf, createClient, type IntercomClient } from './client.ts'
import type { IntercomObserver } from './observer.ts'
import type { AxiosAdapter } from './transport.ts'

/** A client for a few requests while somebody waits for the result. */
export interface BriefClient extends IntercomClient {
  /** Requests that Intercom allows in a window of 10 s; undefined before an answer has said so. */
  rateLimit(): number | undefined
  /** Waits that many ms, at most until the deadline. @throws what `withBriefClient` throws there */
  pause(ms: number): Promise<void>
}

export interface BriefClientOptions {
  config: SourceConfig
  /** Intercom's address, if not the usual one. */
  baseUrl?: string | undefined
  /** @defaultValue none */
  proxies?: Proxies | undefined
  /** @defaultValue by Node */
  adapter?: AxiosAdapter
  clock: Clock
  random: () => number
  signal: AbortSignal
  observe?: IntercomObserver
  /** Where its requests are counted together with those of others with the token. @defaultValue by themselves */
  budgetStore?: BudgetStore | undefined
  /** The end of it all, whatever Intercom has answered. @defaultValue 25 s */
  deadlineMs?: number
  /** The longest time without a usable answer; `pause` does not count. @defaultValue 10 s */
  patienceMs?: number
  /** Tries of each request. @defaultValue as the request says */
  tries?: number
}

/**
 * Runs `work` with a client whose requests go before those of jobs. Aborts it at the deadline, or when nothing usable comes for too
 * long.
 *
 * @throws CodedError `intercom_unavailable` then, saying what was seen; what `work` throws; the signal's reason
 */
export async function withBriefClient<Result>(
  options: BriefClientOptions,
  work: (client: BriefClient) => Promise<Result>,
): Promise<Result> {
  const { config, baseUrl, proxies, adapter, clock, random, signal, observe, tries } = options
  const { deadlineMs = 25_000, patienceMs = 10_000 } = options
  const { access_token: accessToken } = config
  const member = randomBytes(6).toString('base64url')
  const shared = options.budgetStore && { store: options.budgetStore, accessToken, member }
  const { budget, rateLimit } = watchLimit(createBudget({ clock, random, ...shared }))
  const ending = new AbortController()
  const stop = () => ending.abort(signal.reason)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  const url = new URL(baseUrlOf(config, baseUrl || undefined))
  const proxy = proxies?.proxyFor(url)
  const host = proxy ? `${url.host} through the proxy ${proxy.place}` : url.host
  let lastFailure: unknown
  const giveUp = (afterMs: number) => {
    ending.abort(new CodedError('intercom_unavailable', lateMessage(budget, host, afterMs, lastFailure)))
  }
  clock.sleep(deadlineMs, ending.signal).then(
    () => giveUp(deadlineMs),
    () => undefined,
  )
  const patience = createPatience(clock, ending.signal, patienceMs, () => {
    // A wait for the next window of the rate limit may take longer than our patience, by very little.
    const waitMs = (budget.waitingUntil() ?? Number.POSITIVE_INFINITY) - clock.now()
    if (waitMs < moreMs) patience.begin(moreMs)
    else giveUp(patienceMs)
  })
  const client = createClient({
    config,
    ...(baseUrl && { baseUrl }),
    ...(proxies && { proxies }),
    ...(adapter && { adapter }),
    budget,
    clock,
    random,
    signal: ending.signal,
    ...(observe && { observe }),
    onFailedTry(error) {
      if (error instanceof RefusedError) patience.begin()
      else lastFailure = error
    },
  })
  try {
    const ask: IntercomClient['ask'] = async (request, read) => {
      const result = await client.ask({ ...request, ...(tries && { tries }) }, read)
      patience.begin()
      return result
    }
    const pause = async (ms: number) => {
      patience.end()
      await clock.sleep(ms, ending.signal)
      patience.begin()
    }
    patience.begin()
    return await work({ ...client, ask, rateLimit, pause })
  } finally {
    signal.removeEventListener('abort', stop)
    ending.abort()
    budget.close()
  }
}

/** Watches the outcomes of permits, because every answer names the limit. */
function watchLimit(budget: Budget): { budget: Budget; rateLimit: () => number | undefined } {
  let limit: number | undefined
  const watched: Budget = {
    ...budget,
    async take(signal, order) {
      // Somebody waits for the result.
      const permit = await budget.take(signal, { ...order, isUrgent: true })
      return {
        end(outcome) {
          limit = outcome.limit ?? limit
          permit.end(outcome)
        },
      }
    },
  }
  return { budget: watched, rateLimit: () => limit }
}

/** For a request that the rate limit lets pass by then, ms. */
const moreMs = 3000

/** Calls `giveUp` so long after the last `begin()`, unless `end()` came. */
function createPatience(clock: Clock, signal: AbortSignal, ms: number, giveUp: () => void) {
  let waiting = new AbortController()
  const end = () => waiting.abort()
  return {
    end,
    begin(forMs = ms) {
      end()
      waiting = new AbortController()
      clock.sleep(forMs, AbortSignal.any([signal, waiting.signal])).then(giveUp, () => undefined)
    },
  }
}

function lateMessage(budget: Budget, host: string, afterMs: number, lastFailure: unknown): string {
  const within = `Intercom gave no usable answer at ${host} within ${afterMs / 1000} s`
  if (budget.waitingUntil() !== undefined) return `${within}: the rate limit of the access token is used up`
  if (lastFailure instanceof Error) return `${within}. The last try failed: ${lastFailure.message}`
  return `${within}: nothing came, so it is slow, or cannot be reached`
}
