import { CONVERSATIONS } from './scopes.ts'
import { plain, type StreamEntry } from './stream-entry.ts'

const ARTICLES = 'Read and list articles'

/** Tokens of before lack the permissions: no sync of all streams may fail because of these. */
const listed = { ...plain, recordsPath: ['data'], primaryKey: [['id']], cursor: 'updated_at', optIn: true } as const

/** What a workspace has written for its people, and what people did. */
export const contentEntries: readonly StreamEntry[] = [
  {
    ...listed,
    name: 'collections',
    path: '/help_center/collections',
    scope: ARTICLES,
    idMembers: ['id', 'parent_id', 'help_center_id'],
    filtered: { list: 'pages', pageSizes: [250, 175, 125, 90], byContent: true },
  },
  {
    ...listed,
    name: 'internal_articles',
    path: '/internal_articles',
    scope: ARTICLES,
    since: '2.13',
    idMembers: ['id', 'owner_id', 'author_id', 'folder_id'],
    // Intercom's own size; a larger one is documented nowhere.
    filtered: { list: 'pages', pageSizes: [25, 20, 15, 10], byContent: true },
  },
  {
    ...listed,
    name: 'news_items',
    path: '/news/news_items',
    scope: 'Read and list news',
    idMembers: ['id', 'sender_id'],
    // Twenty is the most for the items of a newsfeed.
    filtered: { list: 'pages', pageSizes: [20, 14, 10, 7], byContent: true },
  },
  {
    ...listed,
    name: 'macros',
    path: '/macros',
    scope: 'Read macros',
    since: '2.16',
    filtered: { list: 'cursor', perPage: 150, since: 'updated_since' },
  },
  {
    ...listed,
    name: 'content_snippets',
    path: '/content_snippets',
    scope: 'Read and write content snippets',
    since: '2.16',
    filtered: { list: 'pages', pageSizes: [50, 35, 25, 18], byContent: true },
  },
  {
    ...listed,
    name: 'calls',
    path: '/calls',
    scope: CONVERSATIONS,
    since: '2.14',
    idMembers: ['id', 'conversation_id', 'admin_id', 'contact_id'],
    // The list can be asked for nothing less, and says nothing of its order.
    filtered: { list: 'pages', pageSizes: [25, 20, 15, 10], byContent: true },
  },
]
