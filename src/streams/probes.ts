import { type ApiVersion, defaultApiVersion } from '../airbyte/source-config.ts'
import { searchBody } from '../intercom/endpoints/search-query.ts'
import type { IntercomRequest } from '../intercom/request.ts'
import type { RecordShape } from '../intercom/text/record-scanner.ts'
import { rootOf, type StreamEntry } from './table.ts'
import { listPlaceOf, streamsOfVersion } from './versions.ts'

/** One cheap request that shows whether the token may read the streams behind it. */
export interface Probe {
  streamNames: string[]
  /** The permission that these streams need, in Intercom's words. */
  scope: string
  request: IntercomRequest
  /** Where its answer has records. */
  shape: RecordShape
  /** It asks about nobody: that nothing is found is no refusal. @defaultValue false */
  isOfNobody?: true
}

type ProbeRequest = Omit<IntercomRequest, 'version'>

/** Companies are never probed with a scroll: a workspace has only one, and it stays taken for a minute. */
const companies: ProbeRequest = { method: 'POST', path: '/companies/list', query: { page: '1', per_page: '1' } }

/** An id that Intercom gives to nobody. */
const NOBODY = '000000000000000000000000'

/** Later than anything ever logged. Unix seconds. */
const FAR_FUTURE = '4102444800'

/** From how a walk's records are found. */
function probeOf(entry: StreamEntry, version: ApiVersion): ProbeRequest {
  const { search, filtered, periods, log } = entry
  const { path, query } = listPlaceOf(entry, version)
  if (filtered?.list === 'scroll') return companies
  if (filtered?.list === 'pages') return { method: 'GET', path, query: { ...query, page: '1', per_page: '1' } }
  if (filtered?.list === 'cursor' || log) return { method: 'GET', path, query: { ...query, per_page: '1' } }
  if (periods) return { method: 'GET', path, query: { created_at_after: FAR_FUTURE } }
  if (!search) return { method: 'GET', path, ...(query && { query: { ...query } }) }
  const body = searchBody({ updated: { from: 0, to: null } }, 'second', { order: 'descending', perPage: 1 })
  return { method: 'POST', path, body }
}

/**
 * The probes of all streams that the version has; streams that need the same request share one.
 *
 * @param named the streams that are named; opt-in streams among the others are left out
 */
export function listProbes(named: readonly string[], version: ApiVersion = defaultApiVersion): Probe[] {
  const probes = new Map<string, Probe>()
  const add = (streamName: string, probed: StreamEntry, request: ProbeRequest, isOfNobody?: true) => {
    const { scope, recordsPath, textsAs } = probed
    const key = JSON.stringify(request)
    const known = probes.get(key)
    if (known) known.streamNames.push(streamName)
    else {
      const probe = { streamNames: [streamName], scope, request: { ...request, version } }
      probes.set(key, { ...probe, shape: { recordsPath, textsAs, members: [] }, ...(isOfNobody && { isOfNobody }) })
    }
  }
  for (const entry of streamsOfVersion(version)) {
    if (entry.optIn && !named.includes(entry.name)) continue
    // A child stream needs its parent's permission, so the parent is probed.
    const root = rootOf(entry)
    add(entry.name, root, probeOf(root, version))
    if (entry.child && entry.scope !== root.scope) add(entry.name, entry, childProbeOf(entry), true)
  }
  return [...probes.values()]
}

/** Of children that need a permission of their own: those of a parent that does not exist. */
function childProbeOf({ path, child }: StreamEntry): ProbeRequest {
  const query = Object.entries(child?.query ?? {}).map(([name, value]) => [name, value.replace('{id}', NOBODY)])
  return { method: 'GET', path: path.replace('{id}', NOBODY), query: Object.fromEntries(query) }
}
