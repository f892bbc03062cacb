import { contactLists } from './cut-lists.ts'
import { ACTIVITY_LOGS, ADMINS, CONVERSATIONS, TICKETS, USERS } from './scopes.ts'
import { plain, type StreamEntry } from './stream-entry.ts'

/** A ticket's newest part can be younger than the ticket says it was updated. */
const DAY_SECONDS = 86_400

const avatar = { type: 'avatar', textAs: 'image_url' } as const

/** The streams that a job reads when it names none. */
export const defaultEntries: readonly StreamEntry[] = [
  {
    ...plain,
    name: 'activity_logs',
    path: '/admins/activity_logs',
    recordsPath: ['activity_logs'],
    primaryKey: [['id']],
    cursor: 'created_at',
    scope: ACTIVITY_LOGS,
    periods: { search: { path: '/admins/activity_logs/search', since: '2.16' } },
  },
  {
    ...plain,
    name: 'admins',
    path: '/admins',
    recordsPath: ['admins'],
    primaryKey: [['id']],
    scope: ADMINS,
    // 2.11 documents an object, later versions an address.
    objectMembers: { avatar },
  },
  {
    ...plain,
    name: 'companies',
    path: '/companies/scroll',
    recordsPath: ['data'],
    primaryKey: [['id']],
    cursor: 'updated_at',
    scope: USERS,
    filtered: {
      list: 'scroll',
      shownChildren: ['segments', 'segments'],
      changes: { path: '/companies/search', since: '2.17', overlapSeconds: 3600 },
    },
    tombstones: {},
  },
  {
    ...plain,
    name: 'company_segments',
    path: '/companies/{id}/segments',
    recordsPath: ['data'],
    primaryKey: [['company_id'], ['id']],
    cursor: 'updated_at',
    scope: USERS,
    // Those that the record of a deleted company still shows.
    tombstones: {},
    child: { parent: 'companies', parentIdMember: 'company_id', named: ['segments', 'segments'] },
  },
  {
    ...plain,
    name: 'conversations',
    path: '/conversations/search',
    recordsPath: ['conversations'],
    primaryKey: [['id']],
    cursor: 'updated_at',
    scope: CONVERSATIONS,
    idMembers: ['id', 'admin_assignee_id', 'team_assignee_id'],
    tombstones: { listedIn: 'deleted_conversations' },
    search: {
      byCalendarDay: false,
      // The counter takes in the opening message, which is no part.
      childCounter: { path: ['statistics', 'count_conversation_parts'], most: 501, field: 'conversation_parts' },
    },
  },
  {
    ...plain,
    name: 'conversation_parts',
    path: '/conversations/{id}',
    recordsPath: ['conversation_parts', 'conversation_parts'],
    primaryKey: [['id']],
    cursor: 'updated_at',
    scope: CONVERSATIONS,
    // Every version documents an object; other connectors have met texts.
    objectMembers: { assigned_to: { textAs: 'id' } },
    child: {
      parent: 'conversations',
      parentIdMember: 'conversation_id',
      // It takes in the opening message, and has been seen to tell of more than `total_count` does.
      counter: ['statistics', 'count_conversation_parts'],
      mostChildren: 500,
    },
  },
  {
    ...plain,
    name: 'contacts',
    path: '/contacts/search',
    recordsPath: ['data'],
    primaryKey: [['id']],
    cursor: 'updated_at',
    scope: USERS,
    idMembers: ['id', 'owner_id'],
    // Every version documents an object, and gives an address.
    objectMembers: { avatar },
    overlapSeconds: 3600,
    // An archived or blocked contact is out of sight, and may come back as it was.
    tombstones: {
      listedIn: 'deleted_contacts',
      statuses: ['merged', 'pending_deletion', 'permanently_deleted'],
      listVersion: '2.17',
    },
    search: {
      byCalendarDay: true,
      cutLists: contactLists,
    },
  },
  {
    ...plain,
    name: 'company_attributes',
    path: '/data_attributes',
    query: { model: 'company' },
    recordsPath: ['data'],
    // Two attributes can share a name ("name" and "plan.name"): only the full name tells them apart.
    primaryKey: [['model'], ['full_name']],
    scope: USERS,
    idMembers: [],
  },
  {
    ...plain,
    name: 'contact_attributes',
    path: '/data_attributes',
    query: { model: 'contact' },
    recordsPath: ['data'],
    primaryKey: [['model'], ['full_name']],
    scope: USERS,
    idMembers: [],
  },
  {
    ...plain,
    name: 'segments',
    path: '/segments',
    query: { include_count: 'true' },
    recordsPath: ['segments'],
    primaryKey: [['id']],
    cursor: 'updated_at',
    scope: USERS,
    // A segment's count changes with its members, but its `updated_at` only when its rule is edited.
    filtered: { list: 'single', byContent: true },
  },
  { ...plain, name: 'tags', path: '/tags', recordsPath: ['data'], primaryKey: [['id']], scope: 'Read tags' },
  { ...plain, name: 'teams', path: '/teams', recordsPath: ['teams'], primaryKey: [['id']], scope: USERS },
  {
    ...plain,
    name: 'tickets',
    path: '/tickets/search',
    recordsPath: ['tickets'],
    primaryKey: [['id']],
    cursor: 'updated_at',
    scope: TICKETS,
    idMembers: ['id', 'admin_assignee_id', 'team_assignee_id'],
    // A text before 2.12.
    objectMembers: { ticket_state: { type: 'ticket_state', textAs: 'category' } },
    overlapSeconds: DAY_SECONDS,
    search: { byCalendarDay: false, requiredMember: 'ticket_parts' },
  },
  {
    ...plain,
    name: 'ticket_parts',
    path: '/tickets/search',
    recordsPath: ['ticket_parts', 'ticket_parts'],
    primaryKey: [['id']],
    cursor: 'updated_at',
    scope: TICKETS,
    overlapSeconds: DAY_SECONDS,
    child: {
      parent: 'tickets',
      parentIdMember: 'ticket_id',
      inline: true,
      ownPath: '/tickets/{id}',
      mostChildren: 500,
    },
  },
]
