import { isUtf8 } from 'node:buffer'
import { setMaxListeners } from 'node:events'
import type { SourceConfig } from '../airbyte/source-config.ts'
import type { Clock } from '../clock.ts'
import { CodedError } from '../errors.ts'
import { failpoint } from '../failpoints.ts'
import type { Proxies } from '../network/proxies.ts'
import { createRedact, type Redact } from '../redaction.ts'
import { type AnswerVerdict, judgeAnswer } from './answers/judge-answer.ts'
import { retry } from './answers/retry.ts'
import type { Budget } from './budget/budget.ts'
import { type Outcome, readDated, readOutcome } from './budget/outcome.ts'
import type { IntercomObserver } from './observer.ts'
import type { IntercomRequest } from './request.ts'
import { createServerClock, type Moment } from './time/server-clock.ts'
import { type AxiosAdapter, createTransport } from './transport.ts'

/** A 2xx answer. */
interface IntercomAnswer {
  /** Valid UTF-8. */
  body: Buffer
  /** The version Intercom says it used. */
  version: string | undefined
}

export interface IntercomClient {
  /**
   * Sends a request within the budget and reads the answer with `read`. Both are tried again together, so an answer that
   * arrived damaged is fetched again.
   *
   * @throws RefusedError for an answer that will not change; CodedError `intercom_unavailable` or what `read` threw
   *   when the tries are used up; the signal's reason when aborted
   */
  ask<Result>(request: IntercomRequest, read: (answer: IntercomAnswer) => Result): Promise<Result>
  /** Intercom's time in Unix seconds, not later than the truth if any of the clocks is right. */
  serverSeconds(): number
  /** The same by the clock that is furthest ahead: a later time lies in the future. */
  latestSeconds(): number
  /** Whether any clock shows a time that can be: this machine's, or Intercom's once it has answered. */
  knowsTime(): boolean
  /** The present time on Intercom's clock. @param notAfter an additional upper bound, Unix seconds */
  moment(notAfter?: number): Moment
  /** A message for people when clocks contradict each other; undefined while they agree. */
  clockDisagreement(): string | undefined
  /** Whether any request with this token has been fulfilled yet. */
  hasAnswered(): boolean
  budget: Budget
}

interface ClientOptions {
  config: SourceConfig
  /** Intercom's address. Only the operator sets it (`INTERCOM_BASE_URL`). @defaultValue by the config's region */
  baseUrl?: string
  /** @defaultValue none */
  proxies?: Proxies
  /** @defaultValue by Node */
  adapter?: AxiosAdapter
  budget: Budget
  clock: Clock
  random: () => number
  /** Aborts every request and wait. */
  signal: AbortSignal
  observe?: IntercomObserver
  /** Is told of each try that failed, also if another follows. @defaultValue nobody is */
  onFailedTry?: (error: unknown) => void
}

/** `auto` is the US host: Intercom routes its requests to the region the token belongs to. */
const REGION_URLS = {
  auto: 'https://api.intercom.io',
  us: 'https://api.intercom.io',
  eu: 'https://api.eu.intercom.io',
  au: 'https://api.au.intercom.io',
}

/** Intercom's address for a config. @param operators the address that the operator has set, if any */
export function baseUrlOf({ region }: SourceConfig, operators?: string): string {
  return operators ?? REGION_URLS[region ?? 'auto']
}

export function createClient(options: ClientOptions): IntercomClient {
  const { config, budget, clock, random, signal, observe, onFailedTry, proxies, adapter } = options
  const serverClock = createServerClock(clock)
  const baseUrl = baseUrlOf(config, options.baseUrl)
  const redact = createRedact({ config, proxy: proxies?.proxyFor(new URL(baseUrl))?.credentials })
  const transport = createTransport({
    baseUrl,
    accessToken: config.access_token,
    clock,
    ...(proxies && { proxies }),
    ...(adapter && { adapter }),
  })
  let answered = false
  // Every request in flight listens to this one signal. Node would warn of a leak from the eleventh on.
  setMaxListeners(0, signal)

  /** One try: takes a permit, sends the request, judges the answer, and ends the permit with the outcome. */
  async function exchange<Result>(
    request: IntercomRequest,
    read: (answer: IntercomAnswer) => Result,
  ): Promise<AnswerVerdict<Result>> {
    const asked = clock.monotonic()
    const permit = await budget.take(signal, { ...request, kind: kindOf(request) })
    const sent = clock.monotonic()
    observe?.waited(sent - asked)
    let outcome: Outcome = { kind: 'failed' }
    let status: number | undefined
    try {
      const answer = await failpoint('intercomRequest', () => transport.send(request, signal))
      status = answer.status
      const verdict = judgeAnswer(request.path, answer, redact, () =>
        read({ body: wellFormed(answer.body), version: answer.header('intercom-version') }),
      )
      // An answer from somebody else says nothing about Intercom's limit or time.
      if (verdict.isIntercoms) {
        serverClock.learn(readDated(answer, { sentAt: sent, cameAt: clock.monotonic() }))
        outcome = { ...readOutcome(answer, serverClock), bytes: answer.body.length }
      }
      return verdict
    } finally {
      permit.end(signal.aborted ? { kind: 'given_up' } : outcome)
      // A request that we ended ourselves says nothing about Intercom.
      if (status !== undefined || !signal.aborted) observe?.answered(status, clock.monotonic() - sent, request)
    }
  }

  return {
    budget,
    hasAnswered: () => answered,
    serverSeconds: () => Math.floor(serverClock.lowestMs() / 1000),
    latestSeconds: () => Math.floor(serverClock.highestMs() / 1000),
    knowsTime: () => serverClock.isKnown(),
    moment: (notAfter) => serverClock.moment(notAfter),
    clockDisagreement: () => serverClock.disagreement(),
    ask(request, read) {
      let tries = 0
      return retry(
        async () => {
          if (++tries > 1) observe?.retried()
          try {
            const verdict = await exchange(request, read)
            if (verdict.kind === 'failed') throw withoutSecrets(verdict.error, redact)
            answered = true
            return verdict.result
          } catch (error) {
            onFailedTry?.(error)
            throw error
          }
        },
        { clock, random, signal, ...(request.tries && { tries: request.tries }) },
      )
    },
  }
}

/** Requests of one kind take about equally long. Names of endpoints have no digits, but ids have. */
function kindOf({ path }: IntercomRequest): string {
  return path.replaceAll(/\/[^/]*\d[^/]*/g, '/:id')
}

/** Bytes that are not UTF-8 become U+FFFD, because strict readers would refuse the whole line. */
function wellFormed(body: Buffer): Buffer {
  return isUtf8(body) ? body : Buffer.from(new TextDecoder().decode(body))
}

/** An error about an answer may quote it, and the answer may echo a secret. */
function withoutSecrets(error: unknown, redact: Redact): unknown {
  if (error instanceof CodedError) {
    error.message = redact(error.message)
    if (error.stack) error.stack = redact(error.stack)
  }
  return error
}
