import { ticketSearch } from '../search/ticket-search.ts'
import { type Answer, RefusedRequest } from '../serving/answer.ts'
import { signer } from './conversations.ts'
import type { EndpointContext } from './endpoint.ts'
import { answerSearch } from './search.ts'
import { inspectRecord } from './traps.ts'

/** `POST /tickets/search`: tickets with their newest 500 parts inside. */
export function answerTicketSearch(context: EndpointContext): Answer {
  const signed = signer(context)
  const rules = ticketSearch(context.options.inclusiveBounds)
  return answerSearch(context, 'tickets', rules, (record) => signed(record.textIn(context.version)))
}

/** `GET /tickets/{id}`, by the API's id and not by the number that people see. */
export function answerTicket(context: EndpointContext): Answer {
  const ticket = context.workspace.collection('tickets').find(context.params.id ?? '')
  if (ticket === undefined) throw new RefusedRequest(404, 'not_found', 'Resource Not Found')
  inspectRecord(context, 'tickets', ticket)
  return { status: 200, body: signer(context)(ticket.textIn(context.version)), records: 1 }
}
