import { strangerError } from '../../connector/bridge/service/service-failures.ts'
import { isObject } from '../../json-object.ts'
import type { RemoteService } from './service.ts'

/** A page holds so many items at most. */
const largestPage = 100

interface ListRequest {
  path: string
  /** Parameters; those that are undefined are left out. */
  query?: Readonly<Record<string, string | undefined>>
  /** How many items are wanted. @defaultValue all */
  most?: number
}

/** The items of a list, page after page. */
export async function readListItems(service: RemoteService, { path, query = {}, most = Infinity }: ListRequest) {
  const items: unknown[] = []
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  )
  for (let cursor: [string, string][] = []; ; ) {
    const limit = String(Math.min(largestPage, most - items.length))
    const parameters = new URLSearchParams([...given, ['limit', limit], ...cursor])
    const { value } = await service.ask({ method: 'GET', path: `${path}?${parameters}` })
    if (!isObject(value) || !Array.isArray(value.data)) throw strangerError('it does not answer with a list')
    items.push(...value.data)
    if (typeof value.next !== 'string' || items.length >= most) return items
    cursor = [['cursor', value.next]]
  }
}
