import { createHash } from 'node:crypto'
import Type, { type Static } from 'typebox'
import { isObject, parseJson } from '../../json-object.ts'
import { isValid } from '../../stored/stored-data.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { noteCheckScript } from './connections.lua.ts'

/** What Intercom has said about a connection's settings. */
const ConnectionCheckSchema = Type.Object({
  status: Type.Enum(['succeeded', 'failed']),
  /** For people; without secrets. */
  message: Type.String(),
  /** What its jobs will stumble over although the check succeeded, for people. */
  warnings: Type.Array(Type.String()),
  /** Whose token it is. @defaultValue Intercom does not tell */
  workspaceId: Type.Optional(Type.String()),
  /** Ms since the epoch. */
  checkedAt: Type.Number(),
})

export type ConnectionCheck = Static<typeof ConnectionCheckSchema>

/** A check as it is stored: it counts only for the settings that it names. */
export function checkToText(check: ConnectionCheck, sealedSettings: string): string {
  return JSON.stringify({ ...check, settings: digestOfSettings(sealedSettings) })
}

/** Undefined when there is none of these settings: a process of an earlier version replaces settings alone. */
export function checkFromText(text: string | undefined, sealedSettings: string): ConnectionCheck | undefined {
  const stored = text === undefined ? undefined : parseJson(text)
  if (!isObject(stored) || stored.settings !== digestOfSettings(sealedSettings)) return undefined
  const { settings: _, ...check } = stored
  return isValid(ConnectionCheckSchema, check) ? check : undefined
}

/** Notes a check that was made after its settings were stored, unless they have been replaced since. */
export async function noteCheck(
  redis: StoreClient,
  { tenant, connectionId }: { tenant: string; connectionId: string },
  sealedSettings: string,
  check: ConnectionCheck,
): Promise<void> {
  await runScript(redis, noteCheckScript, {
    keys: { recordKey: redis.keyspace.connection(tenant, connectionId, 'record') },
    args: {
      settingsDigest: digestOfSettings(sealedSettings),
      check: checkToText(check, sealedSettings),
      workspaceId: check.workspaceId,
    },
  })
}

/** A digest that scripts can make, too. @param sealed settings */
export function digestOfSettings(sealed: string): string {
  return createHash('sha1').update(sealed).digest('hex')
}
