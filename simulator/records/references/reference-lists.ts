import { isAtLeast } from '../../serving/api-version.ts'
import { conversationAttributes } from './conversation-attributes.ts'
import type { ReferenceEntry, ReferenceList } from './reference-list.ts'
import { ticketStates, ticketTypes } from './ticket-references.ts'

const eventTypes = ['admin_login_success', 'admin_logout', 'app_name_change', 'message_state_change'] as const

const numbered = (first: number) => (index: number) => String(first + index)

/** Intercom writes some ids now as a text, now as a number. */
const looseId = ({ id, index }: ReferenceEntry): string | number => (index % 2 === 0 ? id : Number(id))

/** Every list of references that the workspace has: one more is one more entry here. */
export const referenceLists: readonly ReferenceList[] = [
  {
    stream: 'activity_log_event_types',
    path: '/admins/activity_log_event_types',
    scope: 'read_admin_activity_logs',
    since: '2.16',
    head: '"type":"activity_log_event_type.list","event_types"',
    form: 'whole',
    idOf: (index) => eventTypes[index] ?? `gr\u00f6\u00dfe_"${index}"_change`,
    members: ({ id }) => ({ event_type: id }),
    textOf: 'event_type',
  },
  {
    stream: 'audiences',
    path: '/audiences',
    scope: 'read_audiences',
    since: '2.16',
    form: 'flat',
    idOf: numbered(123),
    members: ({ id, index, name, times }) => ({
      type: 'audience',
      id,
      name,
      predicates: [{ attribute: 'company.name', type: 'string', comparison: 'contains', value: `Acme ${index}` }],
      role_predicates: index % 2 === 0 ? [] : [{ attribute: 'role', type: 'role', comparison: 'eq', value: 'user' }],
      ...times,
    }),
  },
  {
    stream: 'away_status_reasons',
    path: '/away_status_reasons',
    scope: 'read_admins',
    since: '2.14',
    form: 'whole',
    idOf: numbered(12_345),
    members: ({ id, index, name, times }) => ({
      type: 'away_status_reason',
      id,
      label: name,
      emoji: '☕',
      order: index,
      deleted: index % 3 === 2,
      ...times,
    }),
  },
  {
    stream: 'brands',
    path: '/brands',
    scope: 'read_brands',
    since: '2.15',
    form: 'whole',
    idOf: (index) => (index === 0 ? 'tlkp1d91' : String(index)),
    members: ({ id, index, name, times }) => ({
      type: 'brand',
      id,
      name,
      is_default: index === 0,
      ...times,
      help_center_id: index % 2 === 0 ? '11' : null,
      default_address_settings_id: String(13 + index),
    }),
  },
  conversationAttributes,
  {
    stream: 'emails',
    path: '/emails',
    scope: 'read_emails',
    since: '2.15',
    form: 'whole',
    idOf: numbered(1),
    members: ({ id, index, revision, times }) => ({
      type: 'email_setting',
      id,
      email: `support+${index}@example.com`,
      verified: index % 2 === 0,
      domain: 'example.com',
      brand_id: '9',
      forwarding_enabled: revision % 2 === 0,
      forwarded_email_last_received_at: index % 2 === 0 ? times.created_at : null,
      ...times,
    }),
  },
  {
    stream: 'help_centers',
    path: '/help_center/help_centers',
    scope: 'read_articles',
    form: 'pages',
    idOf: numbered(123),
    members: ({ id, index, name, times, setting, version }) => ({
      id,
      workspace_id: setting.workspaceId,
      ...times,
      identifier: `help-${index}`,
      website_turned_on: index % 2 === 0,
      display_name: name,
      url: index % 2 === 0 ? `https://help.example.com/${index}` : null,
      custom_domain: null,
      ...(isAtLeast(version, '2.16') && { default: index === 0, locales: ['en', 'de'] }),
    }),
    shapes: ['2.16'],
  },
  {
    stream: 'newsfeeds',
    path: '/news/newsfeeds',
    scope: 'read_news',
    form: 'cursor',
    idOf: numbered(68),
    members: ({ id, name, times }) => ({ id, type: 'newsfeed', name, ...times }),
  },
  {
    stream: 'office_hours_schedules',
    path: '/office_hours_schedules',
    scope: 'read_write_office_hours',
    since: '2.16',
    head: '"type":"office_hours_schedule.list","data"',
    form: 'whole',
    idOf: numbered(123),
    members: ({ id, index, name, times }) => ({
      type: 'office_hours_schedule',
      id,
      name,
      time_zone_name: 'Pacific/Pago_Pago',
      time_intervals: [{ start_minute: 540, end_minute: 1020, day_of_week: index % 7 }],
      twenty_four_seven: index % 3 === 0,
      ...times,
    }),
  },
  {
    stream: 'subscription_types',
    path: '/subscription_types',
    scope: 'read_users',
    form: 'whole',
    idOf: numbered(137),
    members: (entry) => {
      const translation = { name: entry.name, description: 'Größe', locale: 'en' }
      return {
        type: 'subscription',
        id: looseId(entry),
        state: 'live',
        consent_type: entry.index % 2 === 0 ? 'opt_out' : 'opt_in',
        default_translation: translation,
        translations: [translation, { ...translation, locale: 'de' }],
        content_types: ['email'],
      }
    },
  },
  ticketStates,
  ticketTypes,
]
