import { isUtf8 } from 'node:buffer'
import { setMaxListeners } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import axios, { type AxiosInstance, type AxiosResponse } from 'axios'
import type { SourceConfig } from '../airbyte/source-config.ts'
import type { Clock } from '../clock.ts'
import { CodedError } from '../errors.ts'
import type { Budget } from './budget.ts'
import { RefusedError, readFailure } from './failures.ts'
import type { IntercomObserver } from './observer.ts'
import { type Outcome, readDated, readOutcome } from './outcome.ts'
import { RateLimitedError, retry } from './retry.ts'
import { createServerClock, type Moment } from './server-clock.ts'

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
  /** Intercom's time in Unix seconds, not later than the truth if any of the clocks is right. */
  serverSeconds(): number
  /** The same by whichever clock is furthest ahead: what lies beyond it lies in the future. */
  latestSeconds(): number
  /** This moment by Intercom's clock. @param notAfter what bounds it besides, Unix seconds */
  moment(notAfter?: number): Moment
  /** What to say of clocks that contradict each other; undefined while they agree. */
  clockDisagreement(): string | undefined
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

const IDLE_TIMEOUT_MS = 30_000
const TOTAL_TIMEOUT_MS = 120_000
const LARGEST_BODY_BYTES = 64 * 1024 * 1024

export function createClient(options: ClientOptions): IntercomClient {
  const { config, budget, clock, random, signal, observe } = options
  const serverClock = createServerClock(clock)
  const transport = createTransport(options.baseUrl ?? REGION_URLS[config.region ?? 'auto'], config.access_token)
  let answered = false
  // Every request under way listens to the one signal; Node warns of a leak from the eleventh on.
  setMaxListeners(0, signal)

  /** One try: a turn of the budget, one exchange, and its outcome told to the budget. */
  async function exchange(request: IntercomRequest): Promise<AxiosResponse<Buffer>> {
    const asked = clock.monotonic()
    const turn = await budget.take(signal)
    const sent = clock.monotonic()
    observe?.waited(sent - asked)
    let outcome: Outcome = { kind: 'failed' }
    let status: number | undefined
    try {
      const response = await send(transport, request, clock, signal)
      status = response.status
      const told = { status, header: (name: string) => header(response, name) }
      if (isIntercoms(response)) serverClock.learn(readDated(told, { sentAt: sent, cameAt: clock.monotonic() }))
      outcome = readOutcome(told, serverClock)
      return response
    } finally {
      turn.end(signal.aborted ? { kind: 'given_up' } : outcome)
      // What we called back ourselves says nothing of Intercom.
      if (status !== undefined || !signal.aborted) observe?.answered(status, clock.monotonic() - sent)
    }
  }

  return {
    budget,
    hasAnswered: () => answered,
    serverSeconds: () => Math.floor(serverClock.lowestMs() / 1000),
    latestSeconds: () => Math.floor(serverClock.highestMs() / 1000),
    moment: (notAfter) => serverClock.moment(notAfter),
    clockDisagreement: () => serverClock.disagreement(),
    ask(request, read) {
      let tries = 0
      return retry(
        async () => {
          if (++tries > 1) observe?.retried()
          const response = await exchange(request)
          if (response.status < 200 || response.status >= 300) throw toError(request.path, response)
          const result = read({ body: wellFormed(response.data), version: header(response, 'intercom-version') })
          answered = true
          return result
        },
        { clock, random, signal, ...(request.tries && { tries: request.tries }) },
      )
    },
  }
}

/** A non-2xx answer as an error. */
function toError(path: string, response: AxiosResponse<Buffer>): CodedError {
  const failure = readFailure(response.status, response.data)
  if (failure.kind === 'refused') return new RefusedError(path, failure)
  const message = `Intercom answered ${failure.status} to ${path}: ${failure.detail}`
  return failure.kind === 'rate_limited'
    ? new RateLimitedError(message)
    : new CodedError('intercom_unavailable', message)
}

function createTransport(baseURL: string, accessToken: string): AxiosInstance {
  return axios.create({
    baseURL,
    // Paths are relative to the host whatever they look like: an absolute URL must not carry the token elsewhere.
    allowAbsoluteUrls: false,
    maxRedirects: 0,
    responseType: 'arraybuffer',
    transformResponse: [],
    validateStatus: () => true,
    timeout: IDLE_TIMEOUT_MS,
    maxContentLength: LARGEST_BODY_BYTES,
    httpAgent: new http.Agent({ keepAlive: true }),
    httpsAgent: new https.Agent({ keepAlive: true }),
    headers: { authorization: `Bearer ${accessToken}`, accept: 'application/json', 'user-agent': 'intercom-sync' },
  })
}

/** Sends one request. Axios errors carry the request with its token, so only their code leaves this function. */
async function send(
  transport: AxiosInstance,
  request: IntercomRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<AxiosResponse<Buffer>> {
  signal.throwIfAborted()
  const exchange = new AbortController()
  const abort = () => exchange.abort()
  signal.addEventListener('abort', abort, { once: true })
  const watch = new AbortController()
  clock.sleep(TOTAL_TIMEOUT_MS, watch.signal).then(abort, () => {})
  try {
    return await transport.request<Buffer>({
      method: request.method,
      url: request.path,
      ...(request.query && { params: request.query }),
      ...(request.body && { data: JSON.stringify(request.body) }),
      headers: {
        'intercom-version': request.version,
        // Without a body axios would call the nothing that is sent a form.
        'content-type': request.body ? 'application/json' : false,
      },
      signal: exchange.signal,
    })
  } catch (error) {
    signal.throwIfAborted()
    const code = axios.isAxiosError(error) ? error.code : undefined
    throw new CodedError(
      'intercom_unavailable',
      `Intercom could not be reached for ${request.path} (${code ?? 'no answer'})`,
    )
  } finally {
    watch.abort()
    signal.removeEventListener('abort', abort)
  }
}

function header(response: AxiosResponse, name: string): string | undefined {
  const value: unknown = response.headers[name]
  return typeof value === 'string' ? value : undefined
}

/** Only what Intercom itself has written is evidence of its time: a page from in between has another's. */
function isIntercoms({ status, data }: AxiosResponse<Buffer>): boolean {
  return (status >= 200 && status < 300) || /^\s*\{[^{[]*"type":\s*"error\.list"/.test(data.toString('latin1', 0, 200))
}

/** Bytes that are no UTF-8 become U+FFFD: a line with them would be refused whole by strict readers. */
function wellFormed(body: Buffer): Buffer {
  return isUtf8(body) ? body : Buffer.from(new TextDecoder().decode(body))
}
