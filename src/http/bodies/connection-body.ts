import { type ConfigMember, configMembers } from '../../airbyte/config-members.ts'
import type { Fault } from '../../errors.ts'
import { appendPointer } from '../../json/json-pointer.ts'
import { isObject } from '../../json-object.ts'
import type { ConnectionCheck } from '../../store/connections/connection-check.ts'
import type { Connection, ConnectionSettings } from '../../store/connections/connection-store.ts'
import { invalidRequest } from '../requests/validation.ts'
import { toRunsBody } from '../schedules/runs-body.ts'
import { secretMask } from '../webhooks/secret-mask.ts'
import { toWebhooksBody } from '../webhooks/webhook-body.ts'
import type { ConnectionBody } from './connection-schemas.ts'

/**
 * A connection as the API shows it.
 *
 * @param now ms since the epoch
 * @param isWhole whether with its catalog, which holds the schemas of all streams; otherwise with their names
 * @param more `mostNext`: how many of its next runs are shown @defaultValue 5; `made`: secrets of webhooks, by their
 * addresses, that are shown this once
 */
export function toConnectionBody(
  {
    connectionId,
    settings,
    runs,
    webhooks = [],
    check,
    access,
    isDeclared,
    problem,
    workspaceId,
    ...times
  }: Connection,
  now: number,
  isWhole: boolean,
  { mostNext = 5, made }: { mostNext?: number; made?: ReadonlyMap<string, string> } = {},
): ConnectionBody {
  return {
    connectionId,
    ...(settings && {
      config: maskSecrets(settings.config),
      ...(isWhole ? { catalog: settings.catalog } : { streams: namesOf(settings) }),
      ...(settings.onMissingPermission && { onMissingPermission: settings.onMissingPermission }),
    }),
    ...(runs && toRunsBody(runs, now, mostNext)),
    ...(webhooks.length > 0 && { webhooks: toWebhooksBody(webhooks, made) }),
    ...(check && { check: toCheckBody(check) }),
    ...(access && { access }),
    ...(isDeclared && { declaredIn: 'CONNECTIONS_FILE' }),
    ...(problem !== undefined && { problem: problem.message }),
    ...(workspaceId !== undefined && { workspaceId }),
    createdAt: new Date(times.createdAt).toISOString(),
    lastUpdatedAt: new Date(times.lastUpdatedAt).toISOString(),
  }
}

function toCheckBody({ status, message, checkedAt }: ConnectionCheck): NonNullable<ConnectionBody['check']> {
  return { status, message, checkedAt: new Date(checkedAt).toISOString() }
}

function namesOf({ catalog }: ConnectionSettings): { name: string; syncMode: string }[] {
  return catalog.streams.map(({ stream, sync_mode }) => ({ name: stream.name, syncMode: sync_mode }))
}

/** Masks unknown members as well: they may be secrets. */
export function maskSecrets(config: object): Record<string, unknown> {
  const shown = new Map<string, ConfigMember>(Object.entries(configMembers))
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      const member = shown.get(name)
      return [name, member && !member.isSecret ? value : secretMask]
    }),
  )
}

/** Whether a config contains a masked secret: so it does when a client sends back a config that it got from us. */
export function hasMasks(config: unknown): boolean {
  return isObject(config) && Object.values(config).includes(secretMask)
}

/**
 * The config with the stored value in place of each mask.
 *
 * @param stored the config of the connection as it is; undefined when there is none
 * @throws CodedError `invalid_request` for a mask that stands for nothing
 */
export function restoreSecrets(config: unknown, stored: object | undefined): unknown {
  if (!isObject(config)) return config
  const values = new Map<string, unknown>(Object.entries(stored ?? {}))
  const faults: Fault[] = []
  const members = Object.entries(config).map(([name, value]) => {
    if (value !== secretMask) return [name, value] as const
    if (!values.has(name)) faults.push({ pointer: appendPointer('/config', name), detail: noSecret })
    return [name, values.get(name)] as const
  })
  if (faults.length > 0) throw invalidRequest(faults)
  return Object.fromEntries(members)
}

const noSecret = 'is the mask of a secret, and none is stored: put the secret itself here'
