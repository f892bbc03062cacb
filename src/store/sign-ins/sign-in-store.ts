import { randomBytes } from 'node:crypto'
import Type from 'typebox'
import type { Clock } from '../../clock.ts'
import { digestOfText } from '../../json/digest.ts'
import { isObject, parseJson } from '../../json-object.ts'
import { NumberText, parseStored, readStored, StoredDataError } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { type EncryptionKey, findKey, openText, type SignInSealContext, sealToText } from '../secrets/sealing.ts'
import {
  Consent,
  isErrorCode,
  type SignIn,
  type SignInProblem,
  type SignInStatus,
  signInMs,
  signInStatuses,
  Wanted,
} from './sign-in.ts'
import { beginSignInScript, moveSignInScript, tryCodeScript } from './sign-ins.lua.ts'

/** A sign-in that has just begun, with the secrets of which only digests are kept. */
export interface BegunSignIn extends SignIn {
  /** Goes to Intercom and comes back with the consent. */
  state: string
  /** For the cookie of the browser that began. */
  browserSecret: string
}

/** What became of a step. `OTHER`: it is in another status, so that somebody else was faster, or it is over. */
type Step = 'MOVED' | 'MISSING' | 'EXPIRED' | 'OTHER'

/** A step of a sign-in, from one status to the next. */
interface Move {
  from: SignInStatus
  to: SignInStatus
  /** What Intercom has given back. @defaultValue the caller is known otherwise */
  state?: string
  problem?: SignInProblem
  /** What is kept until the confirmation code comes. @defaultValue what there is */
  consent?: Consent
}

/** Sign-ins as the API needs them. Every call rejects with `store_unavailable` within 1 s when Redis is down. */
export interface SignInStore {
  begin(tenant: string, connectionId: string, wanted: Wanted): Promise<BegunSignIn>
  /** @returns undefined when there is none, or it has been over for long */
  read(flowId: string): Promise<SignIn | undefined>
  /** What it is to do with the connection. @throws StoredDataError, SealBrokenError */
  readWanted(signIn: SignIn): Promise<Wanted>
  /** Of several callers one makes the step. */
  move(signIn: Pick<SignIn, 'flowId' | 'tenant'>, move: Move): Promise<Step>
  /** Counts a try of the confirmation code, and gives what it is compared with. */
  tryCode(signIn: SignIn): Promise<{ tries: number; consent: Consent } | Exclude<Step, 'MOVED'>>
}

interface SignInDependencies {
  redis: StoreClient
  keys: readonly EncryptionKey[]
  clock: Clock
}

/** So much longer than it is open, a sign-in can be asked for, ms. */
const keptMs = 6 * signInMs

const Record = Type.Object({
  tenant: Type.String(),
  connectionId: Type.String(),
  status: Type.Enum([...signInStatuses]),
  browserDigest: Type.String(),
  expiresAt: NumberText,
  problem: Type.Optional(Type.String()),
})

export function createSignInStore({ redis, keys, clock }: SignInDependencies): SignInStore {
  const keysOf = (flowId: string) => ({
    recordKey: redis.keyspace.signIn(flowId, 'record'),
    consentKey: redis.keyspace.signIn(flowId, 'consent'),
  })
  const seal = (value: object, context: SignInSealContext) => {
    const [active] = keys
    if (!active) throw new RangeError('no encryption key')
    return sealToText(active.kid, active.key, Buffer.from(JSON.stringify(value)), context)
  }
  const open = (sealed: string, context: SignInSealContext) => openText(findKey(keys, sealed), sealed, context)

  return {
    async begin(tenant, connectionId, wanted) {
      const flowId = randomBytes(16).toString('base64url')
      const state = `${flowId}.${randomBytes(32).toString('base64url')}`
      const browserSecret = randomBytes(32).toString('base64url')
      const browserDigest = digestOfText(browserSecret)
      const expiresAt = clock.now() + signInMs
      await runScript(redis, beginSignInScript, {
        keys: { recordKey: redis.keyspace.signIn(flowId, 'record') },
        args: {
          tenant,
          connectionId,
          stateDigest: digestOfText(state),
          browserDigest,
          wanted: seal(wanted, { tenant, flowId, purpose: 'sign-in' }),
          expiresAt,
          keptMs,
        },
      })
      return { flowId, tenant, connectionId, status: 'pending', expiresAt, browserDigest, state, browserSecret }
    },
    async read(flowId) {
      const fields = await storeAnswer(redis.hgetall(redis.keyspace.signIn(flowId, 'record')))
      if (fields.status === undefined) return undefined
      const { expiresAt, problem, ...record } = readStored(Record, fields, `sign-in ${flowId}`)
      const { tenant, connectionId, status, browserDigest } = record
      const told = problemIn(problem)
      return {
        ...{ flowId, tenant, connectionId, status, browserDigest, expiresAt: Number(expiresAt) },
        ...(told && { problem: told }),
      }
    },
    async readWanted({ flowId, tenant }) {
      const sealed = await storeAnswer(redis.hget(redis.keyspace.signIn(flowId, 'record'), 'wanted'))
      const what = `what sign-in ${flowId} is for`
      if (sealed === null) throw new StoredDataError(what, 'is gone')
      return parseStored(Wanted, open(sealed, { tenant, flowId, purpose: 'sign-in' }), what)
    },
    async move({ flowId, tenant }, { from, to, state, problem, consent }) {
      const [outcome] = await runScript(redis, moveSignInScript, {
        keys: keysOf(flowId),
        args: {
          now: clock.now(),
          from,
          to,
          stateDigest: state !== undefined && digestOfText(state),
          problem: problem && JSON.stringify(problem),
          consent: consent && seal(consent, { tenant, flowId, purpose: 'sign-in-consent' }),
          isLast: to === 'connected' || to === 'denied' || to === 'failed',
        },
      })
      return outcome
    },
    async tryCode({ flowId, tenant }) {
      const [outcome, tries = 0, sealed = ''] = await runScript(redis, tryCodeScript, {
        keys: keysOf(flowId),
        args: { now: clock.now() },
      })
      if (outcome !== 'TRY') return outcome
      const plain = open(sealed, { tenant, flowId, purpose: 'sign-in-consent' })
      return { tries: Number(tries), consent: parseStored(Consent, plain, `the consent of sign-in ${flowId}`) }
    },
  }
}

/** Of a later version, its code may be unknown. */
function problemIn(text: string | undefined): SignInProblem | undefined {
  const value = text === undefined ? undefined : parseJson(text)
  if (!isObject(value) || !isErrorCode(value.code) || typeof value.message !== 'string') return undefined
  return { code: value.code, message: value.message }
}
