import type { Static } from 'typebox'
import type { Fault } from '../../errors.ts'
import { parseSyncRequest } from '../../sync/contract/sync-request.ts'
import { restoreSecrets } from '../bodies/connection-body.ts'
import { newConnectionBody } from '../bodies/connection-schemas.ts'
import { uncheckedPayloads } from '../bodies/payload-schemas.ts'
import { bodyReader, invalidRequest } from '../requests/validation.ts'
import { findUnknownRefreshes, readScheduleMembers } from '../schedules/schedule-body.ts'
import type { AskedConnection } from './change-connection.ts'

/** A body of `PUT` that did not come as one. @throws CodedError `invalid_request` */
export const parseConnectionBody = bodyReader(newConnectionBody, uncheckedPayloads)

/**
 * What a body asks of a connection, with the stored secrets in place of masks.
 *
 * @param stored the config of the connection as it is
 * @param shortestMs the shortest interval that the operator allows
 * @throws CodedError `invalid_request`
 */
export function readConnectionBody(
  connectionId: string,
  body: Static<typeof newConnectionBody>,
  stored: object | undefined,
  shortestMs: number,
): AskedConnection {
  if (body.connectionId !== undefined && body.connectionId !== connectionId)
    throw invalidRequest([{ pointer: '/connectionId', detail: 'is not the connection of the path' }])
  const faults: Fault[] = []
  const schedule = readScheduleMembers(body, shortestMs, faults)
  if (faults.length > 0) throw invalidRequest(faults)
  const { states: _, ...settings } = parseSyncRequest({ ...body, config: restoreSecrets(body.config, stored) })
  const unknown = findUnknownRefreshes(schedule.fullRefresh, settings)
  if (unknown.length > 0) throw invalidRequest(unknown)
  return { settings, schedule }
}
