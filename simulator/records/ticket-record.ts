import { createRandom, pick, type Random } from '../random.ts'
import { isAtLeast } from '../serving/api-version.ts'
import { planContact } from './contact-times.ts'
import { adminId, teamId } from './people.ts'
import type { RecordDefinition, RecordSetting } from './record-definition.ts'
import { type PartVersion, Thread } from './thread.ts'
import { ticketThread } from './ticket-part-record.ts'
import { planCreatedTicket, planTicket, type TicketPlan, ticketStates } from './ticket-times.ts'

/** Before this version a ticket's state is a text, with its labels beside it. */
const stateIsObject = '2.12'
/** Before this version the ids of assignees are texts. */
const assigneesAreNumbers = '2.16'

const categories = ['Customer', 'Back-office', 'Tracker'] as const

/** The parts inside a version of a ticket, the newest last. */
export function ticketParts(plan: TicketPlan, setting: RecordSetting): readonly PartVersion[] {
  return plan.parts ?? new Thread(ticketThread, plan, setting).shown
}

/** Sometimes the type is the other one; "nobody" is 0 or "0". */
function assigneeOf(random: Random, idAt: (place: number) => string, count: number, version: string): number | string {
  const id = count === 0 || random() < 0.3 ? '0' : idAt(Math.floor(random() * count))
  const isOdd = random() < 0.2
  return isAtLeast(version, assigneesAreNumbers) === isOdd ? id : Number(id)
}

function stateMembers(state: string, version: string): object {
  const label = state.replaceAll('_', ' ')
  const labels = { internal: `${label} &amp; co`, external: label }
  if (!isAtLeast(version, stateIsObject)) {
    return {
      ticket_state: state,
      ticket_state_internal_label: labels.internal,
      ticket_state_external_label: labels.external,
    }
  }
  const id = String(8_577 + ticketStates.indexOf(state))
  const names = { internal_label: labels.internal, external_label: labels.external }
  return { ticket_state: { type: 'ticket_state', id, category: state, ...names } }
}

function ticketType(category: string, { workspaceId }: RecordSetting): object {
  const times = { created_at: 1_734_537_989, updated_at: 1_734_537_989 }
  const shared = { workspace_id: workspaceId, description: 'ola &amp; more', archived: false, ...times }
  const names = ['_default_title_', '_default_description_', 'Größe']
  const data = names.map((name, order) => ({
    type: 'ticket_type_attribute',
    id: String(220 + order),
    name,
    data_type: 'string',
    input_options: null,
    order,
    ticket_type_id: 100,
    default: order < 2,
    ...shared,
  }))
  const attributes = { ticket_type_attributes: { type: 'list', data } }
  const own = { type: 'ticket_type', id: '100', name: 'Bug', icon: '\u{1f981}', is_internal: false, category }
  return { ...own, ...shared, ...attributes }
}

/** Other tickets, and the conversation that a ticket came from. A change of the ticket may add another. */
function linkedObjects({ index, revision }: TicketPlan, { rowsInside }: RecordSetting): object {
  const data = Array.from({ length: rowsInside ? (index + revision) % 3 : 0 }, (_, place) => ({
    type: place === 0 ? 'conversation' : 'ticket',
    id: String(9_000 + index + place),
    category: place === 0 ? null : 'Tracker',
  }))
  return { type: 'list', data, total_count: data.length, has_more: false }
}

function renderTicket(plan: TicketPlan, setting: RecordSetting, version: string): string {
  const { index, id, createdAt, updatedAt, revision, partCount, state } = plan
  const random = createRandom(setting.seed, 23, index, revision)
  const category = categories[index % categories.length] ?? 'Customer'
  const contact = planContact(index % Math.max(1, setting.contactCount), setting).id
  const ticket = {
    type: 'ticket',
    id,
    ticket_id: String(index + 1),
    ticket_attributes: {
      _default_title_: `Ticket ${index} r${revision}`,
      _default_description_: null,
      Größe: index % 7,
    },
    ...stateMembers(state, version),
    ticket_type: random() < 0.05 ? null : ticketType(category, setting),
    contacts: { type: 'contact.list', contacts: [{ type: 'contact', id: contact, external_id: null }] },
    admin_assignee_id: assigneeOf(random, adminId, setting.adminCount, version),
    team_assignee_id: assigneeOf(random, teamId, setting.teamCount, version),
    created_at: createdAt,
    updated_at: updatedAt,
    open: state !== 'resolved',
    snoozed_until: random() < 0.1 ? updatedAt + 86_400 : null,
    linked_objects: linkedObjects(plan, setting),
    category,
    is_shared: random() < 0.5,
    channel: pick(random, ['messenger', 'email', null]),
  }
  const parts = ticketParts(plan, setting).map((part) => part.textIn(version).toString())
  const list = `{"type":"ticket_part.list","ticket_parts":[${parts.join(',')}],"total_count":${partCount}}`
  return `${JSON.stringify(ticket).slice(0, -1)},"ticket_parts":${list}}`
}

/** Tickets as `POST /tickets/search` and `GET /tickets/{id}` give them: with their newest parts inside. */
export const ticketDefinition: RecordDefinition<TicketPlan> = {
  stream: 'tickets',
  plan: planTicket,
  planCreated: planCreatedTicket,
  render: renderTicket,
  shapes: [stateIsObject, ...(ticketThread.definition.shapes ?? []), assigneesAreNumbers],
  dated: true,
}
