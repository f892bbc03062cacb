import type { Static } from 'typebox'
import type { Fault } from '../../errors.ts'
import type { Connection } from '../../store/connections/connection-store.ts'
import { parseSettings } from '../../sync/contract/sync-request.ts'
import { restoreSecrets } from '../bodies/connection-body.ts'
import { newConnectionBody } from '../bodies/connection-schemas.ts'
import { uncheckedPayloads } from '../bodies/payload-schemas.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { bodyReader, invalidRequest } from '../requests/validation.ts'
import { findUnknownRefreshes, readScheduleMembers } from '../schedules/schedule-body.ts'
import { readWebhooks } from '../webhooks/webhook-body.ts'
import type { AskedConnection } from './change-connection.ts'

/** A body of `PUT` that did not come as one. @throws CodedError `invalid_request` */
export const parseConnectionBody = bodyReader(newConnectionBody, uncheckedPayloads)

/** What reading a body takes: what the operator allows, and who finds the receivers of webhooks. */
export type BodyDependencies = Pick<RouteDependencies, 'receivers' | 'clock' | 'scheduleMinIntervalMs'>

/**
 * What a body asks of a connection, with the stored secrets in place of masks.
 *
 * @param stored the connection as it is
 * @throws CodedError `invalid_request`
 */
export async function readConnectionBody(
  connectionId: string,
  { webhooks = [], ...body }: Static<typeof newConnectionBody>,
  stored: Pick<Connection, 'settings' | 'webhooks'> | undefined,
  dependencies: BodyDependencies,
): Promise<AskedConnection> {
  if (body.connectionId !== undefined && body.connectionId !== connectionId)
    throw invalidRequest([{ pointer: '/connectionId', detail: 'is not the connection of the path' }])
  const faults: Fault[] = []
  const schedule = readScheduleMembers(body, dependencies.scheduleMinIntervalMs, faults)
  if (faults.length > 0) throw invalidRequest(faults)
  const { states: _, ...settings } = parseSettings({
    ...body,
    config: restoreSecrets(body.config, stored?.settings?.config),
  })
  const unknown = findUnknownRefreshes(schedule.fullRefresh, settings)
  if (unknown.length > 0) throw invalidRequest(unknown)
  return { settings, schedule, ...(await readWebhooks(webhooks, stored?.webhooks ?? [], dependencies)) }
}
