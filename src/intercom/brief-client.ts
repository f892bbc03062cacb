import type { SourceConfig } from '../airbyte/source-config.ts'
import type { Clock } from '../clock.ts'
import { CodedError } from '../errors.ts'
import type { Proxies } from '../network/proxies.ts'
import { type Budget, createBudget } from './budget/budget.ts'
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
  /** @defaultValue 25 s: callers are promised an answer within 30 s */
  deadlineMs?: number
  /** Tries of each request. @defaultValue as the request says */
  tries?: number
}

/**
 * Runs `work` with a client that has a budget of its own, and aborts it at the deadline.
 *
 * @throws CodedError `intercom_unavailable` at the deadline, what `work` throws, or the signal's reason
 */
export async function withBriefClient<Result>(
  options: BriefClientOptions,
  work: (client: BriefClient) => Promise<Result>,
): Promise<Result> {
  const { config, baseUrl, proxies, adapter, clock, random, signal, observe, deadlineMs = 25_000, tries } = options
  const { budget, rateLimit } = watchLimit(createBudget({ clock, random }))
  const ending = new AbortController()
  const stop = () => ending.abort(signal.reason)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  const url = new URL(baseUrlOf(config, baseUrl || undefined))
  const proxy = proxies?.proxyFor(url)
  const host = proxy ? `${url.host} through the proxy ${proxy.place}` : url.host
  const tooLate = () => ending.abort(new CodedError('intercom_unavailable', lateMessage(budget, host, deadlineMs)))
  clock.sleep(deadlineMs, ending.signal).then(tooLate, () => undefined)
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
  })
  try {
    const ask: IntercomClient['ask'] = (request, read) => client.ask({ ...request, ...(tries && { tries }) }, read)
    return await work({ ...client, ask, rateLimit, pause: (ms) => clock.sleep(ms, ending.signal) })
  } finally {
    signal.removeEventListener('abort', stop)
    ending.abort()
  }
}

/** Watches the outcomes of permits, because every answer names the limit. */
function watchLimit(budget: Budget): { budget: Budget; rateLimit: () => number | undefined } {
  let limit: number | undefined
  const watched: Budget = {
    ...budget,
    async take(signal, order) {
      const permit = await budget.take(signal, order)
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

function lateMessage(budget: Budget, host: string, deadlineMs: number): string {
  const within = `at ${host} within ${deadlineMs / 1000} s`
  return budget.waitingUntil() === undefined
    ? `Intercom did not answer ${within}: it is slow, failing, or cannot be reached`
    : `Intercom did not answer ${within}: the rate limit of the access token is used up`
}
