import { secondPredicate } from './date-filter.ts'
import type { FieldKind, SearchRules } from './search-rules.ts'

const dates = ['created_at', 'updated_at', 'waiting_since', 'snoozed_until']
const texts = [
  ...['id', 'state', 'priority', 'title', 'channel_initiated', 'admin_assignee_id', 'team_assignee_id'],
  ...['source.type', 'source.id', 'source.delivered_as', 'source.subject', 'source.body', 'source.url'],
  ...['source.author.id', 'source.author.type', 'source.author.name', 'source.author.email'],
  ...['conversation_rating.remark', 'ai_agent.resolution_state', 'ai_agent.last_answer_type'],
]
const kinds = new Map<string, FieldKind>([
  ...dates.map((field) => [field, 'date'] as const),
  ...texts.map((field) => [field, 'text'] as const),
  ...['open', 'read', 'ai_agent_participated'].map((field) => [field, 'boolean'] as const),
  ...['conversation_rating.rating', 'ai_agent.rating'].map((field) => [field, 'number'] as const),
  ['tag_ids', 'tag'],
])

function conversationFieldKind(field: string): FieldKind | undefined {
  const known = kinds.get(field)
  if (known !== undefined) return known
  if (/^statistics\..*_at$|^conversation_rating\..*_at$/.test(field)) return 'date'
  if (/^statistics\./.test(field)) return 'number'
  return /^custom_attributes\../.test(field) ? 'attribute' : undefined
}

/**
 * Conversations are searched by the second in every version.
 *
 * @param inclusiveBounds whether `>` and `<` include the bound itself; Intercom's documents say yes, clients say no
 */
export function conversationSearch(inclusiveBounds: boolean): SearchRules {
  return {
    fieldKind: conversationFieldKind,
    compareDate: (filter) => {
      const isBound = inclusiveBounds && (filter.operator === '>' || filter.operator === '<')
      return secondPredicate(isBound ? { ...filter, operator: `${filter.operator}=` } : filter)
    },
    tagsPath: 'tags.tags',
    defaultPerPage: 20,
    defaultSort: { sortField: 'updated_at', descending: true },
    envelope: { type: 'conversation.list', recordsKey: 'conversations', recordsFirst: false },
  }
}
