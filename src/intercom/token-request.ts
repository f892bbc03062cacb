import { defaultApiVersion } from '../airbyte/source-config.ts'
import type { Clock } from '../clock.ts'
import { CodedError } from '../errors.ts'
import { isObject, parseJson } from '../json-object.ts'
import type { Proxies } from '../network/proxies.ts'
import { createRedact, type Redact } from '../redaction.ts'
import { type Failure, readFailure } from './answers/failures.ts'
import { describeAnswerer, type HttpAnswer } from './answers/http-answer.ts'
import { classOf } from './answers/status-classes.ts'
import { createTransport } from './transport.ts'

/** The operator's app at Intercom. */
export interface IntercomApp {
  clientId: string
  clientSecret: string
}

interface ExchangeOptions {
  app: IntercomApp
  /** As Intercom gave it; it may end in `=`. */
  code: string
  /** Intercom's address, if not the usual one. */
  baseUrl?: string | undefined
  /** @defaultValue none */
  proxies?: Proxies | undefined
  clock: Clock
  signal: AbortSignal
}

/** Codes live for minutes, so that somebody waits. */
const deadlineMs = 20_000
const usualAddress = 'https://api.intercom.io'
const path = '/auth/eagle/token'

/**
 * The access token for the code of a consent. It is asked for once: whether a code counts after an answer that got lost,
 * nobody says.
 *
 * @throws CodedError `oauth_code_refused`, `oauth_client_refused`, `intercom_unavailable`, `intercom_protocol`,
 *   `proxy_refused`
 */
export async function requestToken({
  app,
  code,
  baseUrl = usualAddress,
  proxies,
  clock,
  signal,
}: ExchangeOptions): Promise<string> {
  const redact = createRedact({ client_secret: app.clientSecret, secretCode: code })
  const transport = createTransport({ baseUrl, clock, ...(proxies && { proxies }) })
  const late = new AbortController()
  const timer = new AbortController()
  clock.sleep(deadlineMs, timer.signal).then(
    () => late.abort(new CodedError('intercom_unavailable', `Intercom gave no answer within ${deadlineMs / 1000} s`)),
    () => undefined,
  )
  try {
    const form = { code, client_id: app.clientId, client_secret: app.clientSecret }
    const request = { method: 'POST' as const, path, form, version: defaultApiVersion }
    return tokenIn(await transport.send(request, AbortSignal.any([signal, late.signal])), redact)
  } finally {
    timer.abort()
  }
}

function tokenIn(answer: HttpAnswer, redact: Redact): string {
  const { status, body } = answer
  if (classOf(status) === 'fulfilled') {
    const value = parseJson(body)
    const token = isObject(value) ? (value.token ?? value.access_token) : undefined
    if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token
    throw new CodedError('intercom_protocol', `Intercom answered ${status} to ${path} without a token`)
  }
  const failure = readFailure(status, body, redact)
  if (failure) throw errorOf(failure)
  throw new CodedError(
    'intercom_unavailable',
    `The answer to ${path} is not Intercom's: ${describeAnswerer(answer, redact)}`,
  )
}

/** Intercom says "Unauthorized Code" of a code that was used before, or is too old. */
function errorOf({ status, class: kind, detail }: Failure): CodedError {
  const told = `Intercom answered ${status}: ${detail}.`
  if (kind === 'retry' || kind === 'rate_limited')
    return new CodedError('intercom_unavailable', `${told} Sign in again in a minute.`)
  if (/\bcode\b/i.test(detail))
    return new CodedError('oauth_code_refused', `${told} A code counts once and for five minutes: sign in again.`)
  return new CodedError(
    'oauth_client_refused',
    `${told} The operator has to correct INTERCOM_CLIENT_ID and INTERCOM_CLIENT_SECRET: those of the app in Intercom's Developer Hub.`,
  )
}
