import { ARTICLES, CONVERSATIONS, NEWS, USERS } from './scopes.ts'
import { plain, type StreamEntry } from './stream-entry.ts'

const DAY_SECONDS = 86_400

/** Tokens that are in use lack the permissions: no sync of all streams may fail because of these. */
const listed = { ...plain, recordsPath: ['data'], primaryKey: [['id']], cursor: 'updated_at', optIn: true } as const

/**
 * Ids of a call, and its times: Intercom documents these as Unix seconds or as texts. A column has one type, so they
 * are texts.
 */
const callMembers = [
  ...['id', 'conversation_id', 'admin_id', 'contact_id'],
  ...['initiated_at', 'answered_at', 'ended_at', 'created_at', 'updated_at'],
]

/** What a workspace has written for its people, and what people did. */
export const contentEntries: readonly StreamEntry[] = [
  {
    ...listed,
    name: 'articles',
    path: '/articles',
    scope: ARTICLES,
    idMembers: ['id', 'author_id', 'parent_id', 'folder_id', 'created_by_id', 'updated_by_id'],
    // Whether all that changes an article moves its time is not documented.
    filtered: { list: 'pages', pageSizes: [250, 175, 125, 90], byContent: true },
  },
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
    scope: NEWS,
    idMembers: ['id', 'sender_id'],
    // Twenty is the most for the items of a newsfeed.
    filtered: { list: 'pages', pageSizes: [20, 14, 10, 7], byContent: true },
  },
  {
    ...listed,
    name: 'macros',
    path: '/macros',
    scope: 'read_macros',
    since: '2.16',
    filtered: { list: 'cursor', perPage: 150, since: 'updated_since' },
  },
  {
    ...listed,
    name: 'content_snippets',
    path: '/content_snippets',
    scope: 'read_write_content_snippets',
    since: '2.16',
    filtered: { list: 'pages', pageSizes: [50, 35, 25, 18], byContent: true },
  },
  {
    ...listed,
    name: 'calls',
    path: '/calls',
    scope: CONVERSATIONS,
    since: '2.14',
    idMembers: callMembers,
    // The list can be asked for nothing less, and says nothing of its order.
    filtered: { list: 'pages', pageSizes: [25, 20, 15, 10], byContent: true },
  },
  {
    ...plain,
    name: 'call_transcripts',
    path: '/calls/search',
    recordsPath: ['data'],
    primaryKey: [['id']],
    cursor: 'parent_updated_at',
    scope: CONVERSATIONS,
    since: '2.14',
    optIn: true,
    idMembers: callMembers,
    // A transcript is ready some time after its call, which need not show in the call.
    overlapSeconds: DAY_SECONDS,
    child: {
      parent: 'calls',
      parentIdMember: 'id',
      batch: { by: 'conversation_id', as: 'conversation_ids', most: 20 },
    },
  },
  {
    ...plain,
    name: 'article_statistics',
    path: '/articles/{id}',
    recordsPath: ['statistics'],
    primaryKey: [['article_id']],
    scope: ARTICLES,
    // They move without the article, so all of them are read each time.
    optIn: true,
    idMembers: [],
    child: { parent: 'articles', parentIdMember: 'article_id', isSingle: true },
  },
  {
    ...plain,
    name: 'contact_notes',
    path: '/contacts/{id}/notes',
    recordsPath: ['data'],
    primaryKey: [['contact_id'], ['id']],
    cursor: 'parent_updated_at',
    scope: USERS,
    optIn: true,
    overlapSeconds: 3600,
    tombstones: {},
    child: {
      parent: 'contacts',
      parentIdMember: 'contact_id',
      shown: ['notes', 'total_count'],
      named: ['notes', 'data'],
    },
  },
  {
    ...plain,
    name: 'company_notes',
    path: '/companies/{id}/notes',
    recordsPath: ['data'],
    primaryKey: [['company_id'], ['id']],
    cursor: 'parent_updated_at',
    scope: USERS,
    since: '2.15',
    optIn: true,
    tombstones: {},
    child: {
      parent: 'companies',
      parentIdMember: 'company_id',
      shown: ['notes', 'notes'],
      named: ['notes', 'notes'],
    },
  },
  {
    ...plain,
    name: 'contact_segments',
    path: '/contacts/search',
    recordsPath: ['data'],
    primaryKey: [['contact_id'], ['segment_id']],
    scope: USERS,
    // Who is in a segment moves no time of anything, so all of them are read each time.
    optIn: true,
    idMembers: [],
    child: {
      parent: 'segments',
      parentIdMember: 'segment_id',
      members: { field: 'segment_id', idAs: 'contact_id' },
    },
  },
  {
    ...plain,
    name: 'contact_events',
    path: '/events',
    recordsPath: ['events'],
    // An event has no id of its own; Intercom keeps one of a name in a second.
    primaryKey: [['contact_id'], ['event_name'], ['created_at']],
    scope: 'Read events',
    // An event need not move its contact, so those of all contacts are read each time.
    optIn: true,
    idMembers: [],
    child: {
      parent: 'contacts',
      parentIdMember: 'contact_id',
      query: { type: 'user', intercom_user_id: '{id}' },
    },
  },
]
