import { isAtLeast } from '../../serving/api-version.ts'
import type { RecordSetting } from '../record-definition.ts'
import type { ReferenceList } from './reference-list.ts'

const categories = ['submitted', 'in_progress', 'waiting_on_customer', 'resolved'] as const

const list = (data: object[]) => ({ type: 'list', data })

const stateOf = (index: number, label: string) => ({
  type: 'ticket_state',
  id: String(8269 + index),
  category: categories[index % categories.length],
  internal_label: label,
  external_label: label,
})

/** The states that a ticket can be in. */
export const ticketStates: ReferenceList = {
  stream: 'ticket_states',
  path: '/ticket_states',
  scope: 'read_tickets',
  since: '2.12',
  form: 'whole',
  idOf: (index) => stateOf(index, '').id,
  members: ({ index, name }) => ({
    ...stateOf(index, name),
    ticket_types: list([{ type: 'ticket_type', id: '85', name: 'Bug', is_internal: false, category: 'Customer' }]),
    archived: index % 4 === 3,
  }),
}

/** Where rows inside records are looked at, an attribute comes and goes. */
const attributeNames = (turn: number, { rowsInside }: RecordSetting) => [
  ...['_default_title_', '_default_description_'],
  ...(rowsInside && turn % 2 === 1 ? ['Größe "A"'] : []),
]

/** The types that a ticket can have, each with its attributes and states. */
export const ticketTypes: ReferenceList = {
  stream: 'ticket_types',
  path: '/ticket_types',
  scope: 'read_tickets',
  since: '2.9',
  form: 'whole',
  idOf: (index) => String(85 + index),
  members: ({ id, index, revision, name, times, setting, version }) => ({
    type: 'ticket_type',
    id,
    name,
    description: index % 2 === 0 ? '' : 'Größe',
    icon: '🎟️',
    workspace_id: setting.workspaceId,
    archived: false,
    ...times,
    is_internal: index % 2 === 1,
    ticket_type_attributes: list(
      attributeNames(index + revision, setting).map((attribute, order) => ({
        type: 'ticket_type_attribute',
        id: String(218 + 3 * index + order),
        workspace_id: setting.workspaceId,
        name: attribute,
        description: '',
        data_type: 'string',
        input_options: order === 0 ? { multiline: false } : null,
        order,
        required_to_create: false,
        required_to_create_for_contacts: false,
        visible_on_create: true,
        visible_to_contacts: true,
        default: true,
        ticket_type_id: Number(id),
        archived: false,
        ...times,
      })),
    ),
    category: index % 2 === 1 ? 'Back-office' : 'Customer',
    ...(isAtLeast(version, '2.14') && { ticket_states: list(categories.map((label, place) => stateOf(place, label))) }),
  }),
  shapes: ['2.14'],
}
