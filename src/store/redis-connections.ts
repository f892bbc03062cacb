import type { Redis } from 'ioredis'
import type { StreamStates } from '../airbyte/state.ts'
import type { Clock } from '../clock.ts'
import { CodedError } from '../errors.ts'
import { storeAnswer } from './availability.ts'
import { openSettings, sealSettings } from './connection-seal.ts'
import { type Connection, type ConnectionStore, connectionBusy } from './connection-store.ts'
import { connectionIndexKey, connectionKey, recordKeyAround, sharedKeys } from './keys.ts'
import { putConnectionScript, removeConnectionScript } from './scripts/connections.ts'
import { runScript } from './scripts/script.ts'
import type { EncryptionKey } from './sealing.ts'

export interface ConnectionStoreDependencies {
  redis: Redis
  keys: readonly EncryptionKey[]
  clock: Clock
}

/**
 * A connection's record is a hash: `settings` (sealed), `createdAt`, `lastUpdatedAt`, `generation`, and `latestJob`, the
 * one that has the connection as long as it runs.
 */
export function createConnectionStore({ redis, keys, clock }: ConnectionStoreDependencies): ConnectionStore {
  const find = async (tenant: string, connectionId: string): Promise<Connection | undefined> => {
    const fields = await storeAnswer(redis.hgetall(connectionKey(tenant, connectionId, 'record')))
    if (fields.settings === undefined) return undefined
    return {
      connectionId,
      ...openSettings(keys, { tenant, connectionId }, fields.settings),
      createdAt: Number(fields.createdAt),
      lastUpdatedAt: Number(fields.lastUpdatedAt),
    }
  }

  const read = async (tenant: string, connectionId: string): Promise<Connection> => {
    const connection = await find(tenant, connectionId)
    if (!connection) throw new CodedError('connection_not_found')
    return connection
  }

  return {
    read,
    async put(tenant, connectionId, settings) {
      const outcome = await runScript(
        redis,
        putConnectionScript,
        [connectionKey(tenant, connectionId, 'record'), connectionIndexKey(tenant), sharedKeys.lastGeneration],
        [clock.now(), connectionId, sealSettings(keys, { tenant, connectionId }, settings)],
      )
      return { connection: await read(tenant, connectionId), created: outcome === 'CREATED' }
    },

    async list(tenant, { limit, cursor }) {
      const from = cursor === undefined ? '-' : `(${cursor}`
      const ids = await storeAnswer(redis.zrangebylex(connectionIndexKey(tenant), from, '+', 'LIMIT', 0, limit + 1))
      const shown = ids.slice(0, limit)
      const found = await Promise.all(shown.map((connectionId) => find(tenant, connectionId)))
      const next = ids.length > limit ? shown.at(-1) : undefined
      return { items: found.filter((connection) => connection !== undefined), ...(next !== undefined && { next }) }
    },

    async readStart(tenant, connectionId) {
      // The generation first: of what changes after it, the script that makes the job is told.
      const generation = await storeAnswer(redis.hget(connectionKey(tenant, connectionId, 'record'), 'generation'))
      const { config, catalog } = await read(tenant, connectionId)
      return { config, catalog, generation: generation ?? '', states: await readStates(redis, tenant, connectionId) }
    },

    async remove(tenant, connectionId) {
      const connection = await read(tenant, connectionId)
      const reply = await runScript(
        redis,
        removeConnectionScript,
        [
          connectionKey(tenant, connectionId, 'record'),
          connectionKey(tenant, connectionId, 'states'),
          connectionIndexKey(tenant),
        ],
        [connectionId, ...recordKeyAround],
      )
      refuseUnlessDone(reply)
      return connection
    },
  }
}

async function readStates(redis: Redis, tenant: string, connectionId: string): Promise<StreamStates> {
  const states = await storeAnswer(redis.hgetall(connectionKey(tenant, connectionId, 'states')))
  return Object.fromEntries(Object.entries(states).map(([name, state]) => [name, JSON.parse(state)]))
}

/** @throws CodedError `connection_not_found`, `connection_busy` */
function refuseUnlessDone(reply: unknown): void {
  const [outcome, activeJob] = reply as [string, string?]
  if (outcome === 'MISSING') throw new CodedError('connection_not_found')
  if (outcome === 'BUSY') throw connectionBusy(Number(activeJob))
}
