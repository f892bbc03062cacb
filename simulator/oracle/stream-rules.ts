import { attributeKey } from '../records/attribute-record.ts'

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
  contact_attributes: attribute,
  company_attributes: attribute,
}

/** The same segment is one record for each of its companies. */
export const membershipKey = (company: string, segment: string): string => `${company} ${segment}`

export function rulesOf(stream: string): StreamRules {
  return (Object.hasOwn(rules, stream) ? rules[stream] : undefined) ?? ordinary
}
