import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import type { ListPage, ListPageRequest } from '../page.ts'
import { type ConnectionReadDependencies, findConnection } from './connection-record.ts'
import type { Connection } from './connection-store.ts'

/** The most bytes of sealed settings on one page of a list; catalogs can be as large as a body may be. */
const mostPageBytes = 8 * 1024 * 1024

/** A page of a tenant's connections, see `ConnectionStore.list`. */
export async function listConnections(
  dependencies: ConnectionReadDependencies,
  tenant: string,
  { limit, cursor }: ListPageRequest,
): Promise<ListPage<Connection>> {
  const { redis } = dependencies
  const from = cursor === undefined ? '-' : `(${cursor}`
  const ids = await storeAnswer(
    redis.zrangebylex(redis.keyspace.connectionIndex(tenant), from, '+', 'LIMIT', 0, limit + 1),
  )
  const shown = await fittingIds(redis, tenant, ids.slice(0, limit))
  const items: Connection[] = []
  // One after the other: if all were requested at once, the last would wait for the others longer than a command may.
  for (const connectionId of shown) {
    const connection = await findConnection(dependencies, tenant, connectionId)
    if (connection) items.push(connection)
  }
  const next = ids.length > shown.length ? shown.at(-1) : undefined
  return { items, ...(next !== undefined && { next }) }
}

/** The first of these connections that together fit on a page, and always at least one. */
async function fittingIds(redis: StoreClient, tenant: string, ids: string[]): Promise<string[]> {
  let bytes = 0
  const tooLarge = (await storeAnswer(readSizes(redis, tenant, ids))).findIndex((size) => {
    bytes += size
    return bytes > mostPageBytes
  })
  return tooLarge === -1 ? ids : ids.slice(0, Math.max(1, tooLarge))
}

/** Bytes of each connection's sealed settings. */
async function readSizes(redis: StoreClient, tenant: string, ids: string[]): Promise<number[]> {
  const pipeline = redis.pipeline()
  for (const connectionId of ids)
    pipeline.hstrlen(redis.keyspace.connection(tenant, connectionId, 'record'), 'settings')
  const replies = (await pipeline.exec()) ?? []
  return replies.map(([error, size]) => {
    // Without its size, a connection would count as empty, and the page would have no limit.
    if (error) throw error
    return Number(size)
  })
}
