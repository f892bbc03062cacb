import { conversationSearch } from './conversation-search.ts'
import type { FieldKind, SearchRules } from './search-rules.ts'

const texts = ['id', 'title', 'description', 'category', 'ticket_type_id', 'admin_assignee_id', 'team_assignee_id']
const kinds = new Map<string, FieldKind>([
  ...['created_at', 'updated_at', 'snoozed_until'].map((field) => [field, 'date'] as const),
  ...[...texts, 'state', 'contact_ids', 'teammate_ids'].map((field) => [field, 'text'] as const),
  ...['open', 'is_shared'].map((field) => [field, 'boolean'] as const),
])

/** Tickets are searched by the second in every version, like conversations. */
export function ticketSearch(inclusiveBounds: boolean): SearchRules {
  return {
    ...conversationSearch(inclusiveBounds),
    fieldKind: (field) => kinds.get(field) ?? (/^ticket_attribute\./.test(field) ? 'attribute' : undefined),
    envelope: { type: 'ticket.list', recordsKey: 'tickets', recordsFirst: false },
  }
}
