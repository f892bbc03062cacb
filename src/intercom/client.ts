import { isUtf8 } from 'node:buffer'
import { setMaxListeners } from 'node:events'
import type { SourceConfig } from '../airbyte/source-config.ts'
import type { Clock } from '../clock.ts'
import { CodedError } from '../errors.ts'
import { createRedact, type Redact } from '../redaction.ts'
import type { Budget } from './budget.ts'
import type { HttpAnswer } from './http-answer.ts'
import { judgeAnswer, type Verdict } from './judge-answer.ts'
import type { IntercomObserver } from './observer.ts'
import type { Outcome } from './outcome.ts'
import { retry } from './retry.ts'
import { createServerClock } from './server-clock.ts'
import { createTransport } from './transport.ts'

/** A request to Intercom. Paths are ours, never taken from an answer: no host is ever followed. */
export interface IntercomRequest {
  method: 'GET' | 'POST'
  /** From the root, e.g. `/contacts/search`. */
  path: string
  query?: Record<string, string>
  body?: object
  /** `Intercom-Version` to send. */
  version: string
  /** Tries before giving up; a 429 is none. @defaultValue 5 */
  tries?: number
}

/** A 2xx answer. */
export interface IntercomAnswer {
  /** Valid UTF-8. */
  body: Buffer
  /** The version Intercom says it used. */
  version: string | undefined
}

export interface IntercomClient {
  /**
   * Sends a request within the budget and reads the answer with `read`; both are tried again together, so an answer
   * that arrived damaged is fetched anew.
   *
   * @throws RefusedError for an answer that will not change; CodedError `intercom_unavailable` or what `read` threw
   *   when the tries are used up; the signal's reason when aborted
   */
  ask<Result>(request: IntercomRequest, read: (answer: IntercomAnswer) => Result): Promise<Result>
  /** Intercom's time in Unix seconds, never later than the truth; undefined before the first answer. */
  serverSeconds(): number | undefined
  /** Whether any request with this token has been fulfilled yet. */
  hasAnswered(): boolean
  budget: Budget
}

export interface ClientOptions {
  config: SourceConfig
  /** Where Intercom is; set by the operator only (`INTERCOM_BASE_URL`), else it follows from the config's region. */
  baseUrl?: string
  budget: Budget
  clock: Clock
  random: () => number
  /** Aborts every request and wait. */
  signal: AbortSignal
  observe?: IntercomObserver
}

/** `auto` is the US host: Intercom routes its requests to the region the token belongs to. */
const REGION_URLS = {
  auto: 'https://api.intercom.io',
  us: 'https://api.intercom.io',
  eu: 'https://api.eu.intercom.io',
  au: 'https://api.au.intercom.io',
}

export function createClient(options: ClientOptions): IntercomClient {
  const { config, budget, clock, random, signal, observe } = options
  const serverClock = createServerClock(clock)
  const redact = createRedact(config)
  const transport = createTransport({
    baseUrl: options.baseUrl ?? REGION_URLS[config.region ?? 'auto'],
    accessToken: config.access_token,
    clock,
  })
  let answered = false
  // Every request under way listens to the one signal; Node warns of a leak from the eleventh on.
  setMaxListeners(0, signal)

  /** One try: a turn of the budget, one exchange, what it means, and its outcome told to the budget. */
  async function exchange<Result>(
    request: IntercomRequest,
    read: (answer: IntercomAnswer) => Result,
  ): Promise<Verdict<Result>> {
    const asked = clock.monotonic()
    const turn = await budget.take(signal)
    const sent = clock.monotonic()
    observe?.waited(sent - asked)
    let outcome: Outcome = { kind: 'failed' }
    let status: number | undefined
    try {
      const answer = await transport.send(request, signal)
      status = answer.status
      const verdict = judgeAnswer(request.path, answer, redact, () =>
        read({ body: wellFormed(answer.body), version: answer.header('intercom-version') }),
      )
      // What somebody else answers tells nothing of Intercom's limit, nor of its time.
      if (verdict.isIntercoms) {
        serverClock.learn(answer.header('date'))
        outcome = readOutcome(answer, serverClock.nowMs())
      }
      return verdict
    } finally {
      turn.end(signal.aborted ? { kind: 'given_up' } : outcome)
      // What we called back ourselves says nothing of Intercom.
      if (status !== undefined || !signal.aborted) observe?.answered(status, clock.monotonic() - sent)
    }
  }

  return {
    budget,
    hasAnswered: () => answered,
    serverSeconds() {
      const now = serverClock.nowMs()
      return now === undefined ? undefined : Math.floor(now / 1000)
    },
    ask(request, read) {
      let tries = 0
      return retry(
        async () => {
          if (++tries > 1) observe?.retried()
          const verdict = await exchange(request, read)
          if (verdict.kind === 'failed') throw withoutSecrets(verdict.error, redact)
          answered = true
          return verdict.result
        },
        { clock, random, signal, ...(request.tries && { tries: request.tries }) },
      )
    },
  }
}

/** What an answer says of the rate limit: limits per window and the window's end as an absolute Unix second. */
function readOutcome({ status, header }: HttpAnswer, serverNowMs: number | undefined): Outcome {
  const number = (name: string) => {
    const text = header(name)
    return text === undefined || text.trim() === '' || !Number.isFinite(Number(text)) ? undefined : Number(text)
  }
  const limit = number('x-ratelimit-limit')
  const remaining = number('x-ratelimit-remaining')
  const resetSeconds = number('x-ratelimit-reset')
  const retryAfter = number('retry-after')
  return {
    kind: status === 429 ? 'rate_limited' : status >= 500 ? 'failed' : 'answered',
    ...(limit !== undefined && limit > 0 && { limit }),
    ...(remaining !== undefined && { remaining }),
    ...(resetSeconds !== undefined && serverNowMs !== undefined && { msToReset: resetSeconds * 1000 - serverNowMs }),
    ...(serverNowMs !== undefined && { serverNowMs }),
    ...(retryAfter !== undefined && { retryAfterMs: retryAfter * 1000 }),
  }
}

/** Bytes that are no UTF-8 become U+FFFD: a line with them would be refused whole by strict readers. */
function wellFormed(body: Buffer): Buffer {
  return isUtf8(body) ? body : Buffer.from(new TextDecoder().decode(body))
}

/** What whoever reads an answer says of it may hold what the answer echoes. */
function withoutSecrets(error: unknown, redact: Redact): unknown {
  if (error instanceof CodedError) {
    error.message = redact(error.message)
    if (error.stack) error.stack = redact(error.stack)
  }
  return error
}
