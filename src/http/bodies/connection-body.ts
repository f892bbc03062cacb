import { type ConfigMember, configMembers } from '../../airbyte/config-members.ts'
import type { Fault } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import type { Connection } from '../../store/connections/connection-store.ts'
import type { ConnectionBody } from './connection-schemas.ts'

/** The mask always has the same length, so that it does not reveal the secret's length. */
const secretMask = '**********'

/** A connection as the API shows it. */
export function toConnectionBody({ connectionId, settings, problem, ...times }: Connection): ConnectionBody {
  return {
    connectionId,
    ...(settings && {
      config: maskSecrets(settings.config),
      catalog: settings.catalog,
      ...(settings.onMissingPermission && { onMissingPermission: settings.onMissingPermission }),
    }),
    ...(problem !== undefined && { problem: problem.message }),
    createdAt: new Date(times.createdAt).toISOString(),
    lastUpdatedAt: new Date(times.lastUpdatedAt).toISOString(),
  }
}

/** Masks unknown members as well: they may be secrets. */
function maskSecrets(config: object): Record<string, unknown> {
  const shown = new Map<string, ConfigMember>(Object.entries(configMembers))
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      const member = shown.get(name)
      return [name, member && !member.isSecret ? value : secretMask]
    }),
  )
}

/** Finds masks in a config: a client that puts back what it has read would make the mask the token. */
export function findMasks(config: unknown): Fault[] {
  if (!isObject(config)) return []
  return Object.entries(config)
    .filter(([, value]) => value === secretMask)
    .map(([name]) => ({ pointer: `/config/${name}`, detail: 'is the mask of a secret: put the secret itself here' }))
}
