import { type Answer, RefusedRequest } from '../answer.ts'
import { compileQuery } from '../search/query.ts'
import { searchPage } from '../search/search-page.ts'
import { readPaging } from '../search/search-request.ts'
import { ticketSearch } from '../search/ticket-search.ts'
import { signer } from './conversations.ts'
import type { EndpointContext } from './endpoint.ts'
import { inspector, inspectRecord } from './traps.ts'

/** `POST /tickets/search`: tickets with their newest 500 parts inside. */
export function answerTicketSearch(context: EndpointContext): Answer {
  const { workspace, version, body, options } = context
  const rules = ticketSearch(options.inclusiveBounds)
  const query = typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined
  const paging = readPaging(body, version, rules)
  const predicate = compileQuery(query, rules)
  const result = workspace.index('tickets').search(JSON.stringify(query), predicate, paging.sortField)
  const signed = signer(context)
  return searchPage(result, paging, {
    ...rules.envelope,
    textOf: (record) => signed(record.textIn(version)),
    inspect: inspector(context, 'tickets'),
  })
}

/** `GET /tickets/{id}`, by the id of the API and not by the number people see. */
export function answerTicket(context: EndpointContext): Answer {
  const ticket = context.workspace.collection('tickets').find(context.params.id ?? '')
  if (ticket === undefined) throw new RefusedRequest(404, 'not_found', 'Resource Not Found')
  inspectRecord(context, 'tickets', ticket)
  return { status: 200, body: signer(context)(ticket.textIn(context.version)), records: 1 }
}
