import type { Static } from 'typebox'
import { mergePatch } from '../../json/merge-patch.ts'
import { isObject } from '../../json-object.ts'
import type { Connection } from '../../store/connections/connection-store.ts'
import type { newConnectionBody } from '../bodies/connection-schemas.ts'
import { type ConnectionDocument, documentOf } from './connection-document.ts'
import { parseConnectionBody } from './read-connection-body.ts'

/**
 * The body with which `PUT` would make what a merge patch makes of a connection.
 *
 * @throws CodedError `invalid_request` when the result is none; the connection's problem
 */
export function patchedBody(connection: Connection, patch: Record<string, unknown>): Static<typeof newConnectionBody> {
  return parseConnectionBody(mergePatch(withRoomFor(patch, documentOf(connection)), patch))
}

/** Streams take the place of a catalog. A schedule of another type has nothing of the one before. */
function withRoomFor(patch: Record<string, unknown>, document: ConnectionDocument): object {
  const { catalog, schedule, fullRefresh, webhooks, ...rest } = document
  return {
    ...rest,
    ...((patch.streams ?? null) === null && { catalog }),
    ...(!hasOtherType(patch.schedule, schedule) && { schedule }),
    webhooks: webhooks.map(({ format, ...webhook }) => ({ ...webhook, ...(format === 'slack' && { format }) })),
    ...(fullRefresh !== undefined && { fullRefresh: refreshWithRoomFor(patch.fullRefresh, fullRefresh) }),
  }
}

function refreshWithRoomFor(patch: unknown, fullRefresh: unknown): unknown {
  if (!isObject(patch) || !isObject(fullRefresh) || !hasOtherType(patch.schedule, fullRefresh.schedule))
    return fullRefresh
  const { schedule: _, ...rest } = fullRefresh
  return rest
}

function hasOtherType(patch: unknown, schedule: unknown): boolean {
  return isObject(patch) && patch.type !== undefined && isObject(schedule) && patch.type !== schedule.type
}
