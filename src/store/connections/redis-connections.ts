import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import type { EncryptionKey } from '../secrets/sealing.ts'
import { listConnections } from './connection-list.ts'
import { findConnection } from './connection-record.ts'
import { readConnectionStates, writeConnectionStates } from './connection-states.ts'
import { type Connection, type ConnectionStart, type ConnectionStore, connectionBusy } from './connection-store.ts'
import { type ChangeReply, removeConnectionScript } from './connections.lua.ts'
import { editConnection, putConnection } from './put-connection.ts'

export interface ConnectionStoreDependencies {
  redis: StoreClient
  keys: readonly EncryptionKey[]
  clock: Clock
}

export function createConnectionStore(dependencies: ConnectionStoreDependencies): ConnectionStore {
  const { redis } = dependencies
  const read: ConnectionStore['read'] = async (tenant, connectionId) => {
    const connection = await findConnection(dependencies, tenant, connectionId)
    if (!connection) throw new CodedError('connection_not_found')
    return connection
  }

  return {
    read,
    async put(tenant, connectionId, settings) {
      const created = await putConnection(dependencies, { tenant, connectionId }, settings)
      return { connection: await read(tenant, connectionId), created }
    },
    async edit(tenant, connectionId, edit) {
      const created = await editConnection(dependencies, { tenant, connectionId }, edit)
      return { connection: await read(tenant, connectionId), created }
    },
    list: (tenant, page) => listConnections(dependencies, tenant, page),
    readStart: (tenant, connectionId) => readStart(redis, tenant, connectionId, () => read(tenant, connectionId)),
    async readStates(tenant, connectionId) {
      const isThere = await storeAnswer(redis.exists(redis.keyspace.connection(tenant, connectionId, 'record')))
      if (isThere === 0) throw new CodedError('connection_not_found')
      return readConnectionStates(redis, tenant, connectionId)
    },
    async setStates(tenant, connectionId, states, stream) {
      refuseUnlessDone(await writeConnectionStates(redis, tenant, connectionId, states, stream))
      return readConnectionStates(redis, tenant, connectionId)
    },
    async remove(tenant, connectionId) {
      const connection = await read(tenant, connectionId)
      refuseUnlessDone(await removeConnection(redis, tenant, connectionId))
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
  const { settings, problem } = await read()
  if (!settings) throw problem ?? new CodedError('seal_broken')
  return {
    ...settings,
    generation: generation ?? '',
    states: await readConnectionStates(redis, tenant, connectionId),
  }
}

function removeConnection(redis: StoreClient, tenant: string, connectionId: string): Promise<ChangeReply> {
  return runScript(redis, removeConnectionScript, {
    keys: {
      recordKey: redis.keyspace.connection(tenant, connectionId, 'record'),
      statesKey: redis.keyspace.connection(tenant, connectionId, 'states'),
      connectionIndexKey: redis.keyspace.connectionIndex(tenant),
    },
    args: { connectionId, ...redis.keyspace.recordAround },
  })
}

/** @throws CodedError `connection_not_found`, `connection_busy` */
function refuseUnlessDone([outcome, activeJob]: ChangeReply): void {
  if (outcome === 'MISSING') throw new CodedError('connection_not_found')
  if (outcome === 'BUSY') throw connectionBusy(Number(activeJob))
}
