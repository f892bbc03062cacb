import { parseStored } from '../../stored/stored-data.ts'
import { type EncryptionKey, findKey, openText, sealToText } from '../secrets/sealing.ts'
import { ConnectionSettingsSchema } from '../stored-request.ts'
import type { ConnectionSettings } from './connection-store.ts'

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

/** Opens the settings with the key they name. @throws SealBrokenError; StoredDataError */
export function openSettings(keys: readonly EncryptionKey[], owner: Owner, sealed: string): ConnectionSettings {
  const plain = openText(findKey(keys, sealed), sealed, { ...owner, purpose: 'connection' })
  return parseStored(ConnectionSettingsSchema, plain, `connection ${owner.connectionId}`)
}
