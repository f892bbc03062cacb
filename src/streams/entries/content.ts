import { plain, type StreamEntry } from './stream-entry.ts'

/** What a workspace publishes. */
export const contentEntries: readonly StreamEntry[] = [
  {
    ...plain,
    name: 'articles',
    path: '/articles',
    recordsPath: ['data'],
    primaryKey: [['id']],
    cursor: 'updated_at',
    scope: 'Read and list articles',
    idMembers: ['id', 'author_id', 'parent_id', 'folder_id', 'created_by_id', 'updated_by_id'],
    // Tokens of before lack the permission: no sync of all streams may fail because of it.
    optIn: true,
    // Whether all that changes an article moves its time is not documented.
    filtered: { list: 'pages', pageSizes: [250, 175, 125, 90], byContent: true },
  },
]
