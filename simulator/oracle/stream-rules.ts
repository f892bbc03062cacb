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
  /** Set for streams whose records are read below a parent. */
  parent?: { stream: string; member: string; canStayBehind?: true }
}

const ordinary: StreamRules = { key: ({ id }) => String(id), isIncremental: true, isSigned: false, hasLists: false }
const attribute: StreamRules = {
  ...ordinary,
  isIncremental: false,
  key: ({ model, full_name: fullName }) => attributeKey(String(model), String(fullName)),
}

const rules: Readonly<Record<string, StreamRules>> = {
  contacts: { ...ordinary, hasLists: true },
  conversations: { ...ordinary, isSigned: true },
  conversation_parts: {
    ...ordinary,
    isSigned: true,
    parent: { stream: 'conversations', member: 'conversation_id' },
  },
  company_segments: {
    ...ordinary,
    key: ({ company_id: company, id }) => membershipKey(String(company), String(id)),
    parent: { stream: 'companies', member: 'company_id' },
  },
  tickets: { ...ordinary, isSigned: true },
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
