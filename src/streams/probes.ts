import { type ApiVersion, defaultApiVersion } from '../airbyte/source-config.ts'
import type { IntercomRequest } from '../intercom/client.ts'
import { searchBody } from '../intercom/search-query.ts'
import { streamTable } from './table.ts'

/** One cheap request that tells whether the token may read the streams behind it. */
export interface Probe {
  streamNames: string[]
  /** The permission they need, in Intercom's words. */
  scope: string
  request: IntercomRequest
}

type ProbeRequest = Omit<IntercomRequest, 'version'>

const list = (path: string, query?: Record<string, string>): ProbeRequest => ({
  method: 'GET',
  path,
  ...(query && { query }),
})

const search = (path: string): ProbeRequest => ({
  method: 'POST',
  path,
  body: searchBody({ updated: { from: 0, to: null } }, 'second', { order: 'descending', perPage: 1 }),
})

/** Companies are never probed by scroll: a workspace has one, and it stays taken for a minute. */
const companies: ProbeRequest = { method: 'POST', path: '/companies/list', query: { page: '1', per_page: '1' } }
const conversations = search('/conversations/search')
const tickets = search('/tickets/search')

/** Children are read with the permission of their parents, so that is what is asked. */
const requests: Record<string, ProbeRequest> = {
  activity_logs: list('/admins/activity_logs', { created_at_after: '4102444800' }),
  admins: list('/admins'),
  companies,
  company_attributes: list('/data_attributes', { model: 'company' }),
  company_segments: companies,
  contact_attributes: list('/data_attributes', { model: 'contact' }),
  contacts: search('/contacts/search'),
  conversation_parts: conversations,
  conversations,
  segments: list('/segments'),
  tags: list('/tags'),
  teams: list('/teams'),
  ticket_parts: tickets,
  tickets,
}

/** The probes of all streams; streams that are told by the same answer share one. */
export function listProbes(version: ApiVersion = defaultApiVersion): Probe[] {
  const probes = new Map<ProbeRequest, Probe>()
  for (const { name, scope } of streamTable) {
    const request = requests[name]
    if (!request) throw new Error(`no probe for ${name}`)
    const known = probes.get(request)
    if (known) known.streamNames.push(name)
    else probes.set(request, { streamNames: [name], scope, request: { ...request, version } })
  }
  return [...probes.values()]
}
