import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import Type, { type Static } from 'typebox'
import { parseStored } from '../../stored/stored-data.ts'
import { StoredWebhooks, type Webhook } from '../../webhooks/webhook.ts'
import { type EncryptionKey, findKey, openText, type SealContext, sealToText } from '../secrets/sealing.ts'

/** Who a connection belongs to. */
export interface Owner {
  tenant: string
  connectionId: string
}

/** A message as it is kept until it is delivered, and for a while after that. */
const Message = Type.Object({ url: Type.String(), body: Type.String() })
type Message = Static<typeof Message>

/** Seals whom a connection tells, with the first of the keys: addresses and secrets. */
export function sealWebhooks(keys: readonly EncryptionKey[], owner: Owner, webhooks: readonly Webhook[]): string {
  return seal(keys, Buffer.from(JSON.stringify(webhooks)), { ...owner, purpose: 'webhooks' })
}

/** @throws SealBrokenError; StoredDataError */
export function openWebhooks(keys: readonly EncryptionKey[], owner: Owner, sealed: string): Webhook[] {
  const plain = openText(findKey(keys, sealed), sealed, { ...owner, purpose: 'webhooks' })
  return parseStored(StoredWebhooks, plain, `the webhooks of connection ${owner.connectionId}`)
}

/** Seals a message with its address, compressed: a connection keeps hundreds. */
export function sealMessage(keys: readonly EncryptionKey[], owner: Owner, id: string, message: Message): string {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 5 }
  return seal(keys, brotliCompressSync(JSON.stringify(message), { params }), { ...owner, purpose: `delivery@${id}` })
}

/** @throws SealBrokenError; StoredDataError */
export function openMessage(keys: readonly EncryptionKey[], owner: Owner, id: string, sealed: string): Message {
  const plain = openText(findKey(keys, sealed), sealed, { ...owner, purpose: `delivery@${id}` })
  return parseStored(Message, brotliDecompressSync(plain), `delivery ${id}`)
}

function seal([active]: readonly EncryptionKey[], plain: Buffer, context: SealContext): string {
  if (!active) throw new RangeError('no encryption key')
  return sealToText(active.kid, active.key, plain, context)
}
