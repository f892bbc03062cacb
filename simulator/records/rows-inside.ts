import type { RetypedMembers } from './delivered-text.ts'

/** A record or a row, parsed. */
export type Data = Record<string, unknown>

/** A row inside a record, with its place in its list. */
export interface InsideRow {
  data: Data
  position: number
}

/** A stream of rows inside records, by Intercom's descriptions. It judges the product, so it shares nothing with it. */
export interface RowsInside {
  /** The streams whose records hold the rows. */
  holders: readonly string[]
  /** The members in which a row names the record that holds it. */
  members: readonly string[]
  /** What tells the rows of a record apart, in a delivered row. */
  key: string
  rows: (record: Data) => InsideRow[]
  /** Whether a row tells when its record was updated. */
  isTimed: boolean
  /** Whether the addresses of attachments are signed anew with every read. */
  isSigned?: true
  /** @defaultValue `id` becomes a text */
  retyped?: RetypedMembers
}

function itemsAt(record: Data, path: string): unknown[] {
  const value = path.split('.').reduce<unknown>((data, name) => (isData(data) ? data[name] : undefined), record)
  return Array.isArray(value) ? value : []
}

const isData = (value: unknown): value is Data => typeof value === 'object' && value !== null

type Rows = RowsInside['rows']

const objectsAt =
  (path: string, first: Data = {}): Rows =>
  (record) =>
    itemsAt(record, path).map((item, position) => ({ data: { ...first, ...(item as Data) }, position }))

const valuesAt =
  (path: string, name: string, first: Data = {}): Rows =>
  (record) =>
    itemsAt(record, path).map((item, position) => ({ data: { ...first, [name]: item }, position }))

const together =
  (...all: Rows[]): Rows =>
  (record) =>
    all.flatMap((rows) => rows(record))

const inTimed = (holder: string, member: string, key: string, rows: Rows): RowsInside => ({
  holders: [holder],
  members: [member],
  key,
  rows,
  isTimed: true,
})
const ofContact = (key: string, rows: Rows) => inTimed('contacts', 'contact_id', key, rows)
const ofConversation = (key: string, rows: Rows) => inTimed('conversations', 'conversation_id', key, rows)
const ofPart = (key: string, rows: Rows) => inTimed('conversation_parts', 'conversation_part_id', key, rows)
const ofTicket = (key: string, rows: Rows) => inTimed('tickets', 'ticket_id', key, rows)
const ofTeam = (rows: Rows): RowsInside => ({
  holders: ['teams'],
  members: ['team_id'],
  key: 'admin_id',
  rows,
  isTimed: false,
  retyped: { admin_id: 'string' },
})

/** The streams of rows inside records, by name. */
export const rowsInside: Readonly<Record<string, RowsInside>> = {
  contact_tags: ofContact('id', objectsAt('tags.data')),
  contact_companies: ofContact('id', objectsAt('companies.data')),
  contact_subscriptions: ofContact(
    'id',
    together(
      objectsAt('opted_out_subscription_types.data', { consent_type: 'opt_out' }),
      objectsAt('opted_in_subscription_types.data', { consent_type: 'opt_in' }),
    ),
  ),
  contact_social_profiles: ofContact('position', objectsAt('social_profiles.data')),
  company_tags: inTimed('companies', 'company_id', 'id', objectsAt('tags.tags')),
  conversation_contacts: ofConversation('id', objectsAt('contacts.contacts')),
  conversation_teammates: ofConversation(
    'id',
    together(objectsAt('teammates.teammates'), objectsAt('teammates.admins')),
  ),
  conversation_tags: ofConversation('id', objectsAt('tags.tags')),
  conversation_topics: ofConversation('id', objectsAt('topics.topics')),
  conversation_ai_sources: ofConversation('position', objectsAt('ai_agent.content_sources.content_sources')),
  conversation_part_tags: ofPart('id', objectsAt('tags')),
  conversation_part_attachments: { ...ofPart('position', objectsAt('attachments')), isSigned: true },
  conversation_emails: ofPart('position', objectsAt('email_message_metadata.email_address_headers')),
  data_attribute_options: {
    holders: ['contact_attributes', 'company_attributes'],
    members: ['model', 'full_name'],
    key: 'value',
    rows: valuesAt('options', 'value'),
    isTimed: false,
    retyped: {},
  },
  team_admins: ofTeam(valuesAt('admin_ids', 'admin_id')),
  team_admin_priorities: ofTeam(
    together(
      valuesAt('admin_priority_level.primary_admin_ids', 'admin_id', { priority_level: 'primary' }),
      valuesAt('admin_priority_level.secondary_admin_ids', 'admin_id', { priority_level: 'secondary' }),
    ),
  ),
  ticket_contacts: ofTicket('id', objectsAt('contacts.contacts')),
  ticket_links: ofTicket('id', objectsAt('linked_objects.data')),
  ticket_part_attachments: {
    ...inTimed('ticket_parts', 'ticket_part_id', 'position', objectsAt('attachments')),
    isSigned: true,
  },
  ticket_type_attributes: {
    holders: ['ticket_types'],
    members: ['ticket_type_id'],
    key: 'id',
    rows: objectsAt('ticket_type_attributes.data'),
    isTimed: false,
    retyped: { id: 'string', ticket_type_id: 'string' },
  },
}

/** Finds a stream of rows inside records; undefined for other streams. */
export function findRowsInside(stream: string): RowsInside | undefined {
  return Object.hasOwn(rowsInside, stream) ? rowsInside[stream] : undefined
}

/** What tells a row apart from all others of its stream. */
export const insideKey = (holderId: string, { key }: RowsInside, { data, position }: InsideRow): string =>
  `${holderId} ${key === 'position' ? position : String(data[key])}`
