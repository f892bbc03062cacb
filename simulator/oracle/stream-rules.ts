import { attributeKey } from '../records/attribute-record.ts'
import { findRowsInside, type RowsInside } from '../records/rows-inside.ts'

/** What the oracle must know about a stream. */
export interface StreamRules {
  /** The key of a record, read from a delivered record. */
  key: (data: Record<string, unknown>) => string
  /** Whether the stream is read by `updated_at`, so that a lower bound applies. */
  isIncremental: boolean
  /** Whether the addresses of attachments are signed anew with every read. */
  isSigned: boolean
  /** Whether the record has lists that a sync completes. */
  hasLists: boolean
  /** Members that may come as a text or as an object with that text in it: what stands around the text then. */
  objects?: Readonly<Record<string, readonly [before: string, after: string]>>
  /** The stream still shows records that are deleted. */
  isListedDeleted?: true
  /** Set for streams whose records are read below a parent. */
  parent?: { stream: string; member: string; canStayBehind?: true }
}

const ordinary: StreamRules = { key: ({ id }) => String(id), isIncremental: true, isSigned: false, hasLists: false }
const attribute: StreamRules = {
  ...ordinary,
  isIncremental: false,
  key: ({ model, full_name: fullName }) => attributeKey(String(model), String(fullName)),
}

const avatar = ['{"type":"avatar","image_url":', '}'] as const

const rules: Readonly<Record<string, StreamRules>> = {
  admins: { ...ordinary, objects: { avatar } },
  companies: { ...ordinary, isListedDeleted: true },
  contacts: { ...ordinary, hasLists: true, objects: { avatar } },
  conversations: { ...ordinary, isSigned: true },
  conversation_parts: {
    ...ordinary,
    isSigned: true,
    objects: { assigned_to: ['{"id":', '}'] },
    parent: { stream: 'conversations', member: 'conversation_id' },
  },
  company_segments: {
    ...ordinary,
    key: ({ company_id: company, id }) => membershipKey(String(company), String(id)),
    parent: { stream: 'companies', member: 'company_id' },
    isListedDeleted: true,
  },
  tickets: {
    ...ordinary,
    isSigned: true,
    objects: { ticket_state: ['{"type":"ticket_state","category":', '}'] },
  },
  ticket_parts: {
    ...ordinary,
    isSigned: true,
    // A ticket may change without its time. Then its parts come again with the same time.
    parent: { stream: 'tickets', member: 'ticket_id', canStayBehind: true },
  },
  contact_notes: belowContact(({ id }) => String(id)),
  contact_events: belowContact(({ event_name: name, created_at: time }) => `${String(name)} ${String(time)}`),
  company_notes: {
    ...ordinary,
    key: ({ company_id: company, id }) => membershipKey(String(company), String(id)),
    parent: { stream: 'companies', member: 'company_id' },
    isListedDeleted: true,
  },
  contact_segments: {
    ...ordinary,
    key: ({ contact_id: contact, segment_id: segment }) => membershipKey(String(contact), String(segment)),
    parent: { stream: 'segments', member: 'segment_id' },
  },
  article_statistics: {
    ...ordinary,
    key: ({ article_id: article }) => String(article),
    parent: { stream: 'articles', member: 'article_id' },
  },
  contact_attributes: attribute,
  conversation_attributes: { ...ordinary, key: ({ name }) => String(name) },
  activity_log_event_types: { ...ordinary, key: ({ event_type: type }) => String(type) },
  company_attributes: attribute,
}

function belowContact(key: StreamRules['key']): StreamRules {
  const parent = { stream: 'contacts', member: 'contact_id' }
  return { ...ordinary, key: (data) => membershipKey(String(data.contact_id), key(data)), parent }
}

/** The same segment is one record for each of its companies. */
export function membershipKey(parent: string, id: string): string {
  return `${parent} ${id}`
}

export function rulesOf(stream: string): StreamRules {
  const inside = findRowsInside(stream)
  return (Object.hasOwn(rules, stream) ? rules[stream] : inside && rulesOfRows(inside)) ?? ordinary
}

/** A row is known by the record that holds it, and its own key there. */
function rulesOfRows({ holders, members, key, isTimed, isSigned }: RowsInside): StreamRules {
  const [stream = ''] = holders
  const [member = ''] = members
  return {
    ...ordinary,
    key: (data) => [...members, key].map((name) => String(data[name])).join(' '),
    isIncremental: isTimed,
    isSigned: isSigned === true,
    ...(isTimed && { parent: { stream, member } }),
    ...(rulesOf(stream).isListedDeleted && { isListedDeleted: true }),
  }
}
