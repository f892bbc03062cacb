import { CONVERSATIONS, USERS } from './scopes.ts'
import { plain, type StreamEntry } from './stream-entry.ts'

/** What became of records that searches no longer find. */
export const deletesEntries: readonly StreamEntry[] = [
  {
    ...plain,
    name: 'contact_activities',
    path: '/contacts/activities',
    recordsPath: ['data'],
    primaryKey: [['id']],
    cursor: 'created_at',
    scope: USERS,
    since: '2.17',
    optIn: true,
    mayBeAbsent: true,
    idMembers: ['id', 'contact_id', 'merge_source_id', 'merge_target_id'],
    log: { perPage: 150 },
  },
  {
    ...plain,
    name: 'deleted_contacts',
    path: '/contacts/deleted',
    recordsPath: ['data'],
    primaryKey: [['id']],
    // No time is documented. A record without one is compared by its content, whatever the cursor.
    cursor: 'updated_at',
    scope: USERS,
    since: '2.17',
    optIn: true,
    mayBeAbsent: true,
    idMembers: ['id', 'merged_into_id'],
    filtered: { list: 'pages', pageSizes: [150, 105, 75, 54], byContent: true },
  },
  {
    ...plain,
    name: 'deleted_conversations',
    path: '/conversations/deleted',
    query: { order: 'desc' },
    recordsPath: ['conversations'],
    primaryKey: [['id']],
    cursor: 'deleted_at',
    scope: CONVERSATIONS,
    since: '2.16',
    optIn: true,
    filtered: { list: 'pages', pageSizes: [60, 42, 30, 22], newestFirst: true },
  },
]
