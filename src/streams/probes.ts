import { type ApiVersion, defaultApiVersion } from '../airbyte/source-config.ts'
import { searchBody } from '../intercom/endpoints/search-query.ts'
import type { IntercomRequest } from '../intercom/request.ts'
import { findStream, type StreamEntry, streamTable } from './table.ts'

/** One cheap request that shows whether the token may read the streams behind it. */
export interface Probe {
  streamNames: string[]
  /** The permission that these streams need, in Intercom's words. */
  scope: string
  request: IntercomRequest
  /** Keys from the answer's root to its records. */
  recordsPath: readonly string[]
}

type ProbeRequest = Omit<IntercomRequest, 'version'>

/** Companies are never probed with a scroll: a workspace has only one, and it stays taken for a minute. */
const companies: ProbeRequest = { method: 'POST', path: '/companies/list', query: { page: '1', per_page: '1' } }

/** Later than anything ever logged. Unix seconds. */
const FAR_FUTURE = '4102444800'

/** Derived from how the stream is read. A child stream needs its parent's permission, so the parent is probed. */
function probeOf({ path, query, child, search, filtered, windows, log }: StreamEntry): ProbeRequest {
  const parent = child && findStream(child.parent)
  if (parent) return probeOf(parent)
  if (filtered?.list === 'scroll') return companies
  if (filtered?.list === 'pages') return { method: 'GET', path, query: { ...query, page: '1', per_page: '1' } }
  if (log) return { method: 'GET', path, query: { per_page: '1' } }
  if (windows) return { method: 'GET', path, query: { created_at_after: FAR_FUTURE } }
  if (!search) return { method: 'GET', path, ...(query && { query: { ...query } }) }
  const body = searchBody({ updated: { from: 0, to: null } }, 'second', { order: 'descending', perPage: 1 })
  return { method: 'POST', path, body }
}

/**
 * The probes of all streams; streams that need the same request share one.
 *
 * @param named the streams that are named; opt-in streams among the others are left out
 */
export function listProbes(named: readonly string[], version: ApiVersion = defaultApiVersion): Probe[] {
  const probes = new Map<string, Probe>()
  for (const entry of streamTable) {
    if (entry.optIn && !named.includes(entry.name)) continue
    const request = probeOf(entry)
    const key = JSON.stringify(request)
    const known = probes.get(key)
    if (known) known.streamNames.push(entry.name)
    else {
      const { name, scope, child } = entry
      const { recordsPath } = (child && findStream(child.parent)) ?? entry
      probes.set(key, { streamNames: [name], scope, request: { ...request, version }, recordsPath })
    }
  }
  return [...probes.values()]
}
