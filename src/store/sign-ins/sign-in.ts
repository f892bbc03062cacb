import Type, { type Static } from 'typebox'
import { type ErrorCode, errorTable } from '../../error-table.ts'

/** How long a sign-in is open, ms. */
export const signInMs = 600_000

/** Wrong confirmation codes that end a sign-in. */
export const mostTries = 5

/**
 * `pending`: nobody has answered Intercom's question yet. `exchanging`: the code that came back is on its way to Intercom.
 * `consented`: the token is there, and waits for the confirmation code. `connecting`: the connection is given the token.
 * The others are final.
 */
export const signInStatuses = [
  'pending',
  'exchanging',
  'consented',
  'connecting',
  'connected',
  'denied',
  'failed',
] as const
export type SignInStatus = (typeof signInStatuses)[number]

/** What a sign-in is to do with the connection. Kept sealed: the body may hold secrets. */
export const Wanted = Type.Object({
  /** What is put, without the token. @defaultValue the connection stays as it is, but for its token */
  connection: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  region: Type.Optional(Type.String()),
  resetState: Type.Boolean(),
})
export type Wanted = Static<typeof Wanted>

/** What went wrong, or is missing. */
export interface SignInProblem {
  code: ErrorCode
  message: string
}

/** A person signs in at Intercom, for a connection. */
export interface SignIn {
  flowId: string
  tenant: string
  connectionId: string
  status: SignInStatus
  /** Ms since the epoch. */
  expiresAt: number
  /** Digest of the cookie of the browser that began. */
  browserDigest: string
  problem?: SignInProblem
}

/** What Intercom has given, as it waits for the confirmation code. */
export const Consent = Type.Object({ accessToken: Type.String(), confirmationCode: Type.String() })
export type Consent = Static<typeof Consent>

/** Whether it ends in this status. */
export function isOver({ status }: Pick<SignIn, 'status'>): boolean {
  return status === 'connected' || status === 'denied' || status === 'failed'
}

/** Whether a text is a code that this version knows. */
export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(errorTable, text)
}
