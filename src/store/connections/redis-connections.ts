import type { Redis } from 'ioredis'
import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import { storeAnswer } from '../availability.ts'
import { connectionIndexKey, connectionKey, recordKeyAround, sharedKeys } from '../keys.ts'
import { runScript } from '../script.ts'
import { type EncryptionKey, SealBrokenError } from '../secrets/sealing.ts'
import { openSettings, sealSettings } from './connection-seal.ts'
import { readConnectionStates, writeConnectionStates } from './connection-states.ts'
import { type Connection, type ConnectionStore, connectionBusy } from './connection-store.ts'
import { putConnectionScript, removeConnectionScript } from './connections.lua.ts'

export interface ConnectionStoreDependencies {
  redis: Redis
  keys: readonly EncryptionKey[]
  clock: Clock
}

/** Sealed settings that one page of a list holds at most; catalogs can be as large as a body may be. */
const mostPageBytes = 8 * 1024 * 1024

/**
 * A connection's record is a hash: `settings` (sealed), `createdAt`, `lastUpdatedAt`, `generation`, `latestJob`, the one
 * that has the connection as long as it runs, and `acknowledgedBy`, the latest job whose messages were acknowledged.
 */
export function createConnectionStore({ redis, keys, clock }: ConnectionStoreDependencies): ConnectionStore {
  const find = async (tenant: string, connectionId: string): Promise<Connection | undefined> => {
    const fields = await storeAnswer(redis.hgetall(connectionKey(tenant, connectionId, 'record')))
    if (fields.settings === undefined) return undefined
    const times = { createdAt: Number(fields.createdAt), lastUpdatedAt: Number(fields.lastUpdatedAt) }
    try {
      return { connectionId, ...times, settings: openSettings(keys, { tenant, connectionId }, fields.settings) }
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error
      return { connectionId, ...times, problem: error.message }
    }
  }

  /** The first of these connections that together are no larger than a page may be, and always one. */
  const fitting = async (tenant: string, ids: string[]): Promise<string[]> => {
    const sizes = redis.pipeline()
    for (const connectionId of ids) sizes.hstrlen(connectionKey(tenant, connectionId, 'record'), 'settings')
    const replies = (await storeAnswer(sizes.exec())) ?? []
    let bytes = 0
    const tooLarge = replies.findIndex(([, size]) => {
      bytes += Number(size)
      return bytes > mostPageBytes
    })
    return tooLarge === -1 ? ids : ids.slice(0, Math.max(1, tooLarge))
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
      const shown = await fitting(tenant, ids.slice(0, limit))
      const items: Connection[] = []
      // One after the other: asked for all at once, the last would wait for the others longer than a command may.
      for (const connectionId of shown) {
        const connection = await find(tenant, connectionId)
        if (connection) items.push(connection)
      }
      const next = ids.length > shown.length ? shown.at(-1) : undefined
      return { items, ...(next !== undefined && { next }) }
    },

    async readStart(tenant, connectionId) {
      // The generation first: of what changes after it, the script that makes the job is told.
      const generation = await storeAnswer(redis.hget(connectionKey(tenant, connectionId, 'record'), 'generation'))
      const { settings, problem } = await read(tenant, connectionId)
      if (!settings) throw new CodedError('seal_broken', problem)
      return {
        ...settings,
        generation: generation ?? '',
        states: await readConnectionStates(redis, tenant, connectionId),
      }
    },

    async readStates(tenant, connectionId) {
      const isThere = await storeAnswer(redis.exists(connectionKey(tenant, connectionId, 'record')))
      if (isThere === 0) throw new CodedError('connection_not_found')
      return readConnectionStates(redis, tenant, connectionId)
    },

    async setStates(tenant, connectionId, states, stream) {
      refuseUnlessDone(await writeConnectionStates(redis, tenant, connectionId, states, stream))
      return readConnectionStates(redis, tenant, connectionId)
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

/** @throws CodedError `connection_not_found`, `connection_busy` */
function refuseUnlessDone(reply: unknown): void {
  const [outcome, activeJob] = reply as [string, string?]
  if (outcome === 'MISSING') throw new CodedError('connection_not_found')
  if (outcome === 'BUSY') throw connectionBusy(Number(activeJob))
}
