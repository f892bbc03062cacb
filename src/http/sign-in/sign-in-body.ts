import { errorTable } from '../../error-table.ts'
import { isOver, type SignIn, type SignInProblem } from '../../store/sign-ins/sign-in.ts'
import type { SignInBody } from './sign-in-schemas.ts'

/** A sign-in as the API shows it. @param now ms since the epoch */
export function toSignInBody(signIn: SignIn, now: number): SignInBody {
  const { flowId, connectionId, expiresAt, problem } = signIn
  const isLate = isLateAt(signIn, now)
  const told = isLate ? expired : problem
  return {
    flowId,
    connectionId,
    status: isLate ? 'expired' : shownStatus(signIn),
    expiresAt: new Date(expiresAt).toISOString(),
    ...(told && { problem: toProblemBody(told) }),
  }
}

/** Whether its time is over without an end. */
export function isLateAt(signIn: SignIn, now: number): boolean {
  return !isOver(signIn) && now >= signIn.expiresAt
}

/** What a person is told who comes too late. */
export const expired: SignInProblem = {
  code: 'sign_in_expired',
  message: 'A sign-in has to be finished within ten minutes: begin again',
}

/** Steps that take a moment do not show. */
function shownStatus({ status }: SignIn): SignInBody['status'] {
  if (status === 'exchanging') return 'pending'
  return status === 'connecting' ? 'consented' : status
}

function toProblemBody({ code, message }: SignInProblem): NonNullable<SignInBody['problem']> {
  const { title, status } = errorTable[code]
  return { type: `urn:intercom-sync:problem:${code}`, title, status, detail: message, code }
}
