import { errorTable } from '../../error-table.ts'
import { CodedError } from '../../errors.ts'
import { requestToken } from '../../intercom/token-request.ts'
import type { SignInSetup } from '../../settings/oauth.ts'
import { mostTries, type SignIn, type SignInProblem } from '../../store/sign-ins/sign-in.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { isOwnBrowser } from './browser-cookie.ts'
import { createConfirmationCode, isSameCode } from './confirmation-code.ts'
import { type ConnectDependencies, connectToken } from './connect-token.ts'
import { expired, isLateAt } from './sign-in-body.ts'

// The steps of a sign-in. A connection gets the token only by `connect`, and that has two callers: the browser that
// began and came back, or the tenant that began and has the confirmation code.
//
//   pending ── consent ──► exchanging ── own browser ──────────────────► connecting ──► connected
//      │                       │ another browser                           ▲    │
//      │                       └────────────► consented ── right code ─────┘    └──► failed, or consented again
//      └── denial ──► denied                      └── five wrong codes ──► failed

export interface SignInDependencies
  extends ConnectDependencies,
    Pick<RouteDependencies, 'clock' | 'intercomBaseUrl' | 'proxies' | 'signIns'> {
  setup: SignInSetup
}

/** What the browser brings back from Intercom. */
interface Return {
  state?: string
  code?: string
  error?: string
  cookie?: string | undefined
}

/** What came of it. */
export type Returned =
  | { kind: 'connected'; signIn: SignIn; lacks: SignInProblem | undefined }
  | { kind: 'consented'; confirmationCode: string }

/**
 * The browser comes back from Intercom, once.
 *
 * @throws CodedError for whatever has to be told instead
 */
export async function comeBack(
  dependencies: SignInDependencies,
  { state = '', code, error, cookie }: Return,
  signal: AbortSignal,
): Promise<Returned> {
  const { signIns, clock, setup, intercomBaseUrl: baseUrl, proxies } = dependencies
  const [flowId = ''] = state.split('.', 1)
  const signIn = /^[A-Za-z0-9_-]{22}$/.test(flowId) ? await signIns.read(flowId) : undefined
  if (!signIn) throw unknownState()
  if (isLateAt(signIn, clock.now())) throw new CodedError(expired.code, expired.message)
  if (code === undefined) {
    const problem = denialOf(error)
    const to = problem.code === 'consent_denied' ? 'denied' : 'failed'
    requireMoved(await signIns.move(signIn, { from: 'pending', to, state, problem }))
    throw new CodedError(problem.code, problem.message)
  }
  requireMoved(await signIns.move(signIn, { from: 'pending', to: 'exchanging', state }))
  const accessToken = await orFail(dependencies, signIn, 'exchanging', () =>
    requestToken({ app: setup.app, code, baseUrl, proxies, clock, signal }),
  )
  if (isOwnBrowser(cookie, signIn)) {
    requireMoved(await signIns.move(signIn, { from: 'exchanging', to: 'connecting' }))
    const lacks = await orFail(dependencies, signIn, 'connecting', () =>
      connect(dependencies, signIn, accessToken, signal),
    )
    return { kind: 'connected', signIn, lacks }
  }
  const confirmationCode = createConfirmationCode()
  const consent = { accessToken, confirmationCode }
  requireMoved(await signIns.move(signIn, { from: 'exchanging', to: 'consented', consent }))
  return { kind: 'consented', confirmationCode }
}

/**
 * The tenant that began has the code that the browser shows.
 *
 * @throws CodedError `confirmation_code_wrong`, `sign_in_pending`, `sign_in_over`, `sign_in_expired`; what connecting
 *   throws
 */
export async function confirm(
  dependencies: SignInDependencies,
  signIn: SignIn,
  typed: string,
  signal: AbortSignal,
): Promise<void> {
  const { signIns, clock } = dependencies
  if (isLateAt(signIn, clock.now())) throw new CodedError(expired.code, expired.message)
  const tried = await signIns.tryCode(signIn)
  if (typeof tried === 'string') throw notAwaited(tried, await signIns.read(signIn.flowId))
  const { tries, consent } = tried
  const leftTries = mostTries - tries
  if (leftTries < 0 || !isSameCode(typed, consent.confirmationCode)) {
    const problem = wrongCode(leftTries)
    if (leftTries <= 0) await signIns.move(signIn, { from: 'consented', to: 'failed', problem })
    throw new CodedError(problem.code, problem.message)
  }
  requireMoved(await signIns.move(signIn, { from: 'consented', to: 'connecting' }))
  try {
    await connect(dependencies, signIn, consent.accessToken, signal)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    const problem = { code: error.code, message: error.message }
    const next = errorTable[error.code].retryable ? { to: 'consented' as const } : { to: 'failed' as const, problem }
    await signIns.move(signIn, { from: 'connecting', ...next })
    throw error
  }
}

/** The only place where a connection gets the token of a sign-in. */
async function connect(
  dependencies: SignInDependencies,
  signIn: SignIn,
  accessToken: string,
  signal: AbortSignal,
): Promise<SignInProblem | undefined> {
  const { signIns } = dependencies
  const wanted = await signIns.readWanted(signIn)
  const lacks = await connectToken(dependencies, signIn, wanted, accessToken, signal)
  await signIns.move(signIn, { from: 'connecting', to: 'connected', ...(lacks && { problem: lacks }) })
  return lacks
}

/** A failure ends the sign-in, because the code of the consent is spent. */
async function orFail<Result>(
  { signIns }: SignInDependencies,
  signIn: SignIn,
  from: 'exchanging' | 'connecting',
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CodedError)
      await signIns.move(signIn, { from, to: 'failed', problem: { code: error.code, message: error.message } })
    throw error
  }
}

/** @throws CodedError when somebody else was faster, or it is too late */
function requireMoved(step: 'MOVED' | 'MISSING' | 'EXPIRED' | 'OTHER'): void {
  if (step === 'MISSING') throw unknownState()
  if (step === 'EXPIRED') throw new CodedError(expired.code, expired.message)
  if (step === 'OTHER')
    throw new CodedError('sign_in_over', 'This sign-in has been used already. If nothing is connected, begin again')
}

function unknownState(): CodedError {
  return new CodedError(
    'sign_in_not_found',
    'This address belongs to no sign-in that is open here: it was begun long ago, at another service, or the address is not whole. Begin again',
  )
}

function denialOf(error: string | undefined): SignInProblem {
  if (error === undefined || error === 'access_denied')
    return {
      code: 'consent_denied',
      message: 'Nothing was connected. To connect it after all, begin again and allow access',
    }
  const told = /^[a-z_]{1,60}$/.test(error) ? error : 'an error'
  return {
    code: 'oauth_client_refused',
    message: `Intercom answered ${told}. The operator has to look at the app in Intercom's Developer Hub: its client id, and the redirect address /v1/oauth/callback below PUBLIC_URL`,
  }
}

function wrongCode(leftTries: number): SignInProblem {
  const rest =
    leftTries > 0
      ? `Look at the page that the browser shows after the consent; ${leftTries} more tries`
      : 'It was the last try: begin again'
  return { code: 'confirmation_code_wrong', message: `This is not the code of this sign-in. ${rest}` }
}

function notAwaited(step: 'MISSING' | 'EXPIRED' | 'OTHER', signIn: SignIn | undefined): CodedError {
  if (step === 'MISSING' || !signIn) return new CodedError('sign_in_not_found')
  if (step === 'EXPIRED') return new CodedError(expired.code, expired.message)
  if (signIn.status === 'pending' || signIn.status === 'exchanging')
    return new CodedError(
      'sign_in_pending',
      'Open authorizeUrl in a browser and allow access; then the page shows the code',
    )
  return new CodedError('sign_in_over', 'This sign-in needs no confirmation any more; read it to see how it has ended')
}
