import type { StreamStates } from '../../airbyte/state/stream-states.ts'
import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import { resolveEvery } from '../../streams/every-stream.ts'
import { connectionOfOtherWorkspace, stateOfOtherWorkspace } from '../../streams/other-workspace.ts'
import { workspaceOf } from '../../sync/state/workspace.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import type { Retention } from '../log/retention.ts'
import { pauseScript } from '../schedules/due.lua.ts'
import { type ConnectionName, scheduledName } from '../schedules/scheduled-connections.ts'
import { runScript } from '../script.ts'
import type { EncryptionKey } from '../secrets/sealing.ts'
import { deliveryKeysOf, prefixOf } from '../webhooks/deliveries.ts'
import { type ConnectionCheck, noteCheck } from './connection-check.ts'
import { listConnections } from './connection-list.ts'
import { findConnection, findStored } from './connection-record.ts'
import { readConnectionStates, writeConnectionStates } from './connection-states.ts'
import {
  type Connection,
  type ConnectionStart,
  type ConnectionStore,
  connectionBusy,
  noSchedule,
} from './connection-store.ts'
import { type ChangeReply, removeConnectionScript } from './connections.lua.ts'
import { addConnection, putConnection, storeConnection } from './put-connection.ts'
import { workspaceIn } from './workspace.ts'

interface ConnectionStoreDependencies {
  redis: StoreClient
  keys: readonly EncryptionKey[]
  clock: Clock
  retention: Pick<Retention, 'recordMs'>
  /** The schedule of a connection may have changed. @defaultValue nobody follows it */
  followSchedule?: (connection: ConnectionName) => Promise<void>
}

export function createConnectionStore(dependencies: ConnectionStoreDependencies): ConnectionStore {
  const { redis, clock, followSchedule = async () => undefined } = dependencies
  const read: ConnectionStore['read'] = async (tenant, connectionId) => {
    const connection = await findConnection(dependencies, tenant, connectionId)
    if (!connection) throw new CodedError('connection_not_found')
    return connection
  }

  return {
    read,
    find: (tenant, connectionId) => findConnection(dependencies, tenant, connectionId),
    async put(tenant, connectionId, settings, schedule = noSchedule) {
      const created = await putConnection(dependencies, { tenant, connectionId }, { settings, schedule })
      await storeAnswer(followSchedule({ tenant, connectionId }))
      return { connection: await read(tenant, connectionId), created }
    },
    async change(tenant, connectionId, change) {
      const { before, created } = await storeConnection(dependencies, { tenant, connectionId }, change)
      await storeAnswer(followSchedule({ tenant, connectionId }))
      return { connection: await read(tenant, connectionId), created, ...(before && { before }) }
    },
    async add(tenant, connectionId, wanted) {
      await addConnection(dependencies, { tenant, connectionId }, wanted)
      await storeAnswer(followSchedule({ tenant, connectionId }))
      return read(tenant, connectionId)
    },
    keepDeclared: (tenant, connectionIds) => keepDeclared(redis, tenant, connectionIds),
    async noteCheck(tenant, connectionId, check) {
      const stored = await findStored(dependencies, tenant, connectionId)
      if (!stored) throw new CodedError('connection_not_found')
      const { settings, problem } = stored.connection
      if (!settings) throw problem ?? new CodedError('seal_broken')
      const result = ofOwnWorkspace(await check(settings), stored.connection.workspaceId)
      await noteCheck(redis, { tenant, connectionId }, stored.sealed, result)
      return result
    },
    async pause(tenant, connectionId, isPaused) {
      const recordKey = redis.keyspace.connection(tenant, connectionId, 'record')
      const args = { now: clock.now(), paused: isPaused }
      const outcome = await runScript(redis, pauseScript, { keys: { recordKey }, args })
      if (outcome === 'MISSING') throw new CodedError('connection_not_found')
      await storeAnswer(followSchedule({ tenant, connectionId }))
      return read(tenant, connectionId)
    },
    list: (tenant, page) => listConnections(dependencies, tenant, page),
    readStart: (tenant, connectionId) => readStart(redis, tenant, connectionId, () => read(tenant, connectionId)),
    async readStates(tenant, connectionId) {
      const isThere = await storeAnswer(redis.exists(redis.keyspace.connection(tenant, connectionId, 'record')))
      if (isThere === 0) throw new CodedError('connection_not_found')
      return readConnectionStates(redis, tenant, connectionId)
    },
    async setStates(tenant, connectionId, states, stream) {
      await refuseOtherStates(redis, { tenant, connectionId }, states)
      refuseUnlessDone(await writeConnectionStates(redis, tenant, connectionId, states, stream))
      return readConnectionStates(redis, tenant, connectionId)
    },
    async remove(tenant, connectionId) {
      const connection = await read(tenant, connectionId)
      refuseUnlessDone(await removeConnection(dependencies, { tenant, connectionId }))
      await storeAnswer(followSchedule({ tenant, connectionId }))
      return connection
    },
  }
}

async function readStart(
  redis: StoreClient,
  tenant: string,
  connectionId: string,
  read: () => Promise<Connection>,
): Promise<ConnectionStart> {
  // The generation is read first, so the script that makes the job notices later changes.
  const generation = await storeAnswer(
    redis.hget(redis.keyspace.connection(tenant, connectionId, 'record'), 'generation'),
  )
  const { settings, problem, workspaceId } = await read()
  if (!settings) throw problem ?? new CodedError('seal_broken')
  const states = await readConnectionStates(redis, tenant, connectionId)
  const whose = workspaceId ?? workspaceIn(states)
  const catalog = resolveEvery(settings.catalog, settings.config.api_version)
  return {
    ...settings,
    catalog,
    generation: generation ?? '',
    states,
    ...(whose !== undefined && { workspaceId: whose }),
  }
}

/** A check that has led to another workspace than the connection's data is of has failed. */
function ofOwnWorkspace(check: ConnectionCheck, known: string | undefined): ConnectionCheck {
  const { workspaceId = known } = check
  if (known === undefined || workspaceId === undefined || workspaceId === known) return check
  const { message } = connectionOfOtherWorkspace(known, workspaceId)
  return { ...check, status: 'failed', message, warnings: [] }
}

/** @throws CodedError `workspace_changed` for states of another workspace than the connection's data is of */
async function refuseOtherStates(redis: StoreClient, connection: ConnectionName, states: StreamStates): Promise<void> {
  const recordKey = redis.keyspace.connection(connection.tenant, connection.connectionId, 'record')
  const known = await storeAnswer(redis.hget(recordKey, 'workspace'))
  for (const [streamName, state] of Object.entries(states)) {
    const workspaceId = workspaceOf(state)
    if (known !== null && workspaceId !== undefined && workspaceId !== known)
      throw stateOfOtherWorkspace(streamName, workspaceId, known)
  }
}

async function keepDeclared(redis: StoreClient, tenant: string, connectionIds: ReadonlySet<string>): Promise<void> {
  for (const connectionId of await storeAnswer(redis.zrangebylex(redis.keyspace.connectionIndex(tenant), '-', '+')))
    if (!connectionIds.has(connectionId))
      await storeAnswer(redis.hdel(redis.keyspace.connection(tenant, connectionId, 'record'), 'declared'))
}

function removeConnection(
  { redis, retention }: ConnectionStoreDependencies,
  connection: ConnectionName,
): Promise<ChangeReply> {
  const { tenant, connectionId } = connection
  return runScript(redis, removeConnectionScript, {
    keys: {
      recordKey: redis.keyspace.connection(tenant, connectionId, 'record'),
      statesKey: redis.keyspace.connection(tenant, connectionId, 'states'),
      connectionIndexKey: redis.keyspace.connectionIndex(tenant),
      jobsKey: redis.keyspace.connection(tenant, connectionId, 'jobs'),
      scheduledKey: redis.keyspace.scheduledConnections,
      tellingKey: redis.keyspace.tellingConnections,
      ...deliveryKeysOf(redis, connection),
    },
    args: {
      connectionId,
      name: scheduledName(connection),
      owner: prefixOf(connection),
      recordRetentionMs: retention.recordMs,
      ...redis.keyspace.recordAround,
    },
  })
}

/** @throws CodedError `connection_not_found`, `connection_busy` */
function refuseUnlessDone([outcome, activeJob]: ChangeReply): void {
  if (outcome === 'MISSING') throw new CodedError('connection_not_found')
  if (outcome === 'BUSY') throw connectionBusy(Number(activeJob))
}
