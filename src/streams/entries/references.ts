import { ACTIVITY_LOGS, ADMINS, ARTICLES, NEWS, TICKETS, USERS } from './scopes.ts'
import { plain, type StreamEntry } from './stream-entry.ts'

/** A list that one request answers, or a few: it is read whole each time. */
const reference = { ...plain, recordsPath: ['data'], primaryKey: [['id']], optIn: true } as const

/** What the ids inside other records stand for. */
export const referenceEntries: readonly StreamEntry[] = [
  {
    ...reference,
    name: 'activity_log_event_types',
    path: '/admins/activity_log_event_types',
    recordsPath: ['event_types'],
    textsAs: 'event_type',
    primaryKey: [['event_type']],
    idMembers: [],
    scope: ACTIVITY_LOGS,
    since: '2.16',
  },
  { ...reference, name: 'audiences', path: '/audiences', scope: 'read_audiences', since: '2.16' },
  {
    ...reference,
    name: 'away_status_reasons',
    path: '/away_status_reasons',
    // Intercom documents no permission of its own for them.
    scope: ADMINS,
    since: '2.14',
  },
  {
    ...reference,
    name: 'brands',
    path: '/brands',
    idMembers: ['id', 'help_center_id', 'default_address_settings_id'],
    scope: 'read_brands',
    since: '2.15',
  },
  {
    ...reference,
    name: 'conversation_attributes',
    path: '/conversations/attributes',
    before: { version: '2.16', path: '/data_attributes', query: { model: 'conversation' } },
    // Built-in attributes have no id, and those of 2.16 no model and no full name.
    primaryKey: [['name']],
    idMembers: [],
    scope: USERS,
  },
  { ...reference, name: 'emails', path: '/emails', idMembers: ['id', 'brand_id'], scope: 'read_emails', since: '2.15' },
  { ...reference, name: 'help_centers', path: '/help_center/help_centers', scope: ARTICLES },
  { ...reference, name: 'newsfeeds', path: '/news/newsfeeds', scope: NEWS },
  {
    ...reference,
    name: 'office_hours_schedules',
    path: '/office_hours_schedules',
    scope: 'read_write_office_hours',
    since: '2.16',
  },
  { ...reference, name: 'subscription_types', path: '/subscription_types', scope: USERS },
  { ...reference, name: 'ticket_states', path: '/ticket_states', scope: TICKETS, since: '2.12' },
  { ...reference, name: 'ticket_types', path: '/ticket_types', scope: TICKETS },
]
