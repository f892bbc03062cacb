import type { RecordVersion } from '../records/record-version.ts'
import { conversationSearch } from './conversation-search.ts'
import type { FieldKind, SearchRules } from './search-rules.ts'

const kinds = new Map<string, FieldKind>([
  ...['created_at', 'updated_at', 'remote_created_at', 'last_request_at'].map((field) => [field, 'date'] as const),
  ...['company_id', 'name'].map((field) => [field, 'text'] as const),
  ...['monthly_spend', 'session_count', 'user_count'].map((field) => [field, 'number'] as const),
  ['tag_id', 'tag'],
])

/** Companies are searched by the second, like conversations, since 2.17. @param isShown what the search does not leave out */
export function companySearch(inclusiveBounds: boolean, isShown: (company: RecordVersion) => boolean): SearchRules {
  return {
    ...conversationSearch(inclusiveBounds),
    fieldKind: (field) => kinds.get(field) ?? (/^custom_attributes\./.test(field) ? 'attribute' : undefined),
    tagsPath: 'tags.tags',
    defaultPerPage: 15,
    envelope: { type: 'list', recordsKey: 'data', recordsFirst: true },
    isShown,
  }
}
