import { createHash } from 'node:crypto'

/** An API key and its tenant. A tenant may have several, for rotation. */
export interface ApiKey {
  tenant: string
  /** SHA-256 of the key, 32 bytes: keys are long and random, so a fast digest keeps them secret. */
  digest: Buffer
}

export function digestKey(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
