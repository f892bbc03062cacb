import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { CodedError } from '../../errors.ts'

/** A key-encryption key. A `KeyObject` never shows its bytes when printed. */
export interface EncryptionKey {
  /** Names the key in everything it has sealed; letters, digits, `-` and `_`. */
  kid: string
  key: KeyObject
}

/** The context that sealed data is bound to; opening it in any other context is refused. */
export type SealContext = JobSealContext | ConnectionSealContext | SignInSealContext | KeySealContext

export interface JobSealContext {
  tenant: string
  jobId: number
  /** What it is: `data-key`, `request`, or `blob` with the offset of its last message. */
  purpose: 'data-key' | 'request' | `blob@${number}`
}

interface ConnectionSealContext {
  tenant: string
  connectionId: string
  /** Config and catalog, whom it tells, or a message for one of them. */
  purpose: 'connection' | 'webhooks' | `delivery@${string}`
}

export interface SignInSealContext {
  tenant: string
  flowId: string
  /** What it is for, or what Intercom has given. */
  purpose: 'sign-in' | 'sign-in-consent'
}

/** The data of a key itself: a word by which the key is recognized, and the secret that all processes share. */
interface KeySealContext {
  tenant: ''
  keyId: string
  purpose: 'canary' | 'shared-secret'
}

const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const textVersion = 'v1'
const markedVersion = 'v1-moved'
const binaryVersion = 1

/** Sealed data that cannot be opened: altered, bound to something else, or sealed with a key that is not configured. */
export class SealBrokenError extends CodedError {
  override name = 'SealBrokenError'

  /** @param reason in words, without a full stop; it may name a key by its id */
  constructor(reason: string) {
    super('seal_broken', `What is kept of it cannot be opened: ${reason}`)
  }
}

/** 32 bytes as a key. @throws RangeError for another length */
export function encryptionKey(kid: string, bytes: Buffer): EncryptionKey {
  if (bytes.length !== keyBytes) throw new RangeError(`key ${kid} has ${bytes.length} bytes, ${keyBytes} are needed`)
  return { kid, key: createSecretKey(bytes) }
}

export function createDataKey(): KeyObject {
  return createSecretKey(randomBytes(keyBytes))
}

/** Wraps a job's data key with the first of the keys: `v1.<kid>.<base64url>`. */
export function wrapDataKey(keys: readonly EncryptionKey[], dataKey: KeyObject, context: SealContext): string {
  const [active] = keys
  if (!active) throw new RangeError('no encryption key')
  return sealToText(active.kid, active.key, dataKey.export(), context)
}

/** Opens a wrapped data key with the key it names, whichever of the keys that is. @throws SealBrokenError */
export function unwrapDataKey(keys: readonly EncryptionKey[], wrapped: string, context: SealContext): KeyObject {
  return createSecretKey(openText(findKey(keys, wrapped), wrapped, context))
}

/** The key that a sealed text names. @throws SealBrokenError when it is not among the keys */
export function findKey(keys: readonly EncryptionKey[], sealed: string): KeyObject {
  const kid = kidOf(sealed)
  const found = keys.find((candidate) => candidate.kid === kid)
  if (!found) throw new SealBrokenError(`the encryption key "${kid}" that sealed it is not configured`)
  return found.key
}

/** Seals to text, `v1.<kid>.<base64url>`; the key id is bound as well. */
export function sealToText(kid: string, key: KeyObject, plain: Buffer, context: SealContext): string {
  return `${textVersion}.${kid}.${encrypt(key, plain, associated(context, kid)).toString('base64url')}`
}

/** @throws SealBrokenError */
export function openText(key: KeyObject, sealed: string, context: SealContext): Buffer {
  const encoded = sealed.slice(sealed.lastIndexOf('.') + 1)
  const bytes = Buffer.from(encoded, 'base64url')
  // Buffer.from skips characters that are not base64url and ignores spare bits. Without this check, changed text could
  // open.
  if (bytes.toString('base64url') !== encoded) throw new SealBrokenError('the sealed text is not well formed')
  return decrypt(key, bytes, associated(context, kidOf(sealed)))
}

/** The key id that a sealed text names. @throws SealBrokenError */
export function kidOf(sealed: string): string {
  const [version, kid, , ...rest] = sealed.split('.')
  if (version !== textVersion || !kid || rest.length > 0)
    throw new SealBrokenError('the sealed text is not well formed')
  return kid
}

/**
 * Lua: marks a wrapped data key when the beginning of the job's log leaves Redis. Versions that do not know where it is
 * then refuse to read the log, instead of leaving messages out: to them the key is not well formed.
 */
export const markedDataKeyFunction = `
local function markedDataKey(wrapped)
  return (string.gsub(wrapped, '^${textVersion}%.', '${markedVersion}.'))
end
`

/** A wrapped data key as it was before it was marked. */
export function withoutMark(wrapped: string): string {
  const mark = `${markedVersion}.`
  return wrapped.startsWith(mark) ? `${textVersion}.${wrapped.slice(mark.length)}` : wrapped
}

/** Seals to bytes: version, nonce, ciphertext, tag. */
export function sealToBytes(key: KeyObject, plain: Buffer, context: SealContext): Buffer {
  return Buffer.concat([Buffer.of(binaryVersion), encrypt(key, plain, associated(context))])
}

/** @throws SealBrokenError */
export function openBytes(key: KeyObject, sealed: Buffer, context: SealContext): Buffer {
  if (sealed[0] !== binaryVersion) throw new SealBrokenError('the sealed bytes have an unknown version')
  return decrypt(key, sealed.subarray(1), associated(context))
}

/** A list, not joined text, so that no two contexts read the same. */
function associated(context: SealContext, kid = ''): Buffer {
  const owner = ownerOf(context)
  return Buffer.from(JSON.stringify(['intercom-sync', 1, context.purpose, context.tenant, owner, kid]))
}

function ownerOf(context: SealContext): string | number {
  if ('jobId' in context) return context.jobId
  if ('keyId' in context) return context.keyId
  return 'flowId' in context ? context.flowId : context.connectionId
}

function encrypt(key: KeyObject, plain: Buffer, associatedData: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(associatedData)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function decrypt(key: KeyObject, bytes: Buffer, associatedData: Buffer): Buffer {
  if (bytes.length < nonceBytes + tagBytes) throw new SealBrokenError('the sealed data is cut short')
  const nonce = bytes.subarray(0, nonceBytes)
  const tag = bytes.subarray(bytes.length - tagBytes)
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(associatedData).setAuthTag(tag)
  try {
    const plain = decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes))
    return Buffer.concat([plain, decipher.final()])
  } catch {
    throw new SealBrokenError('the sealed data was altered, or belongs to something else')
  }
}
