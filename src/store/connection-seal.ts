import { CodedError } from '../errors.ts'
import type { ConnectionSettings } from './connection-store.ts'
import { type EncryptionKey, kidOf, openText, SealBrokenError, sealToText } from './sealing.ts'

interface Owner {
  tenant: string
  connectionId: string
}

/** Seals a connection's settings with the first of the keys, bound to the connection. */
export function sealSettings(keys: readonly EncryptionKey[], owner: Owner, settings: ConnectionSettings): string {
  const [active] = keys
  if (!active) throw new RangeError('no encryption key')
  const plain = Buffer.from(JSON.stringify(settings))
  return sealToText(active.kid, active.key, plain, { ...owner, purpose: 'connection' })
}

/** Opens them with the key they name. @throws CodedError `internal_error` when they cannot be opened */
export function openSettings(keys: readonly EncryptionKey[], owner: Owner, sealed: string): ConnectionSettings {
  try {
    const kid = kidOf(sealed)
    const key = keys.find((candidate) => candidate.kid === kid)
    if (!key) throw new SealBrokenError(`the encryption key "${kid}" that sealed this is not configured`)
    const plain = openText(key.key, sealed, { ...owner, purpose: 'connection' })
    return JSON.parse(plain.toString()) as ConnectionSettings
  } catch (error) {
    if (!(error instanceof SealBrokenError)) throw error
    throw new CodedError('internal_error', `What is kept of the connection cannot be opened: ${error.message}.`, {
      cause: error,
    })
  }
}
