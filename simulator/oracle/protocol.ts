import { createRequire } from 'node:module'
import { Ajv } from 'ajv'

const schema: object = createRequire(import.meta.url)('#schemas/airbyte-protocol.json')
const isMessage = new Ajv({ strict: false, validateFormats: false }).compile(schema)

/** Which member holds the payload of each type; the schema itself does not require it. */
const payloadOf: Record<string, string> = {
  RECORD: 'record',
  STATE: 'state',
  LOG: 'log',
  SPEC: 'spec',
  CONNECTION_STATUS: 'connectionStatus',
  CATALOG: 'catalog',
  TRACE: 'trace',
  CONTROL: 'control',
}

/** A RECORD with the members that the protocol requires. */
export interface RecordMessage {
  type: 'RECORD'
  record: { stream: string; data: Record<string, unknown>; emitted_at: number }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Checks the envelope of a RECORD by hand, because a hundred thousand of them pass, and their data can be anything. */
export function isRecordMessage(message: unknown): message is RecordMessage {
  if (!isObject(message) || message.type !== 'RECORD' || !isObject(message.record)) return false
  const { stream, data, emitted_at: emittedAt } = message.record
  return typeof stream === 'string' && isObject(data) && Number.isInteger(emittedAt)
}

/** Why a parsed line is not a valid protocol message; `undefined` when it is one. */
export function protocolFault(message: unknown): string | undefined {
  if (!isMessage(message)) {
    const [error] = isMessage.errors ?? []
    return `${error?.instancePath || 'the message'} ${error?.message ?? 'is not valid'}`
  }
  const { type } = message as { type: string }
  const payload = payloadOf[type]
  if (payload === undefined) return `a source does not write ${type}`
  return isObject((message as Record<string, unknown>)[payload]) ? undefined : `${type} without "${payload}"`
}
