import { defaultEntries } from './default-streams.ts'
import type { DerivedList, DerivedTraits } from './derived-traits.ts'
import { referenceEntries } from './references.ts'
import { plain, type StreamEntry } from './stream-entry.ts'

/** A stream of rows inside records, as far as it does not follow from the stream whose records these are. */
interface DerivedStream extends Omit<DerivedTraits, 'from' | 'lists'>, Pick<StreamEntry, 'since'> {
  name: string
  from: DerivedTraits['from'] | string
  /** Keys from a record to the only list that holds rows. */
  path?: DerivedList['path']
  /** @defaultValue the list at `path` */
  lists?: readonly DerivedList[]
  /** Members that Intercom writes now as a number, now as a string. @defaultValue `id` */
  idMembers?: readonly string[]
}

/** The streams whose records hold rows. */
const holders: readonly StreamEntry[] = [...defaultEntries, ...referenceEntries]

/** The streams of rows that are inside the records of other streams. They take no request of their own. */
export const derivedEntries: readonly StreamEntry[] = [
  entryOf({ name: 'contact_tags', from: 'contacts', path: ['tags', 'data'], parentKey: 'contact_id' }),
  entryOf({ name: 'contact_companies', from: 'contacts', path: ['companies', 'data'], parentKey: 'contact_id' }),
  entryOf({
    name: 'contact_subscriptions',
    from: 'contacts',
    lists: [
      { path: ['opted_out_subscription_types', 'data'], added: { name: 'consent_type', value: 'opt_out' } },
      { path: ['opted_in_subscription_types', 'data'], added: { name: 'consent_type', value: 'opt_in' } },
    ],
    parentKey: 'contact_id',
  }),
  entryOf({
    name: 'contact_social_profiles',
    from: 'contacts',
    path: ['social_profiles', 'data'],
    parentKey: 'contact_id',
    byPosition: true,
  }),
  entryOf({ name: 'company_tags', from: 'companies', path: ['tags', 'tags'], parentKey: 'company_id' }),
  entryOf({
    name: 'conversation_contacts',
    from: 'conversations',
    path: ['contacts', 'contacts'],
    parentKey: 'conversation_id',
  }),
  entryOf({
    name: 'conversation_teammates',
    from: 'conversations',
    // Every version documents the one, and gives the other.
    lists: [{ path: ['teammates', 'teammates'] }, { path: ['teammates', 'admins'] }],
    parentKey: 'conversation_id',
  }),
  entryOf({ name: 'conversation_tags', from: 'conversations', path: ['tags', 'tags'], parentKey: 'conversation_id' }),
  entryOf({
    name: 'conversation_topics',
    from: 'conversations',
    path: ['topics', 'topics'],
    parentKey: 'conversation_id',
  }),
  entryOf({
    name: 'conversation_ai_sources',
    from: 'conversations',
    path: ['ai_agent', 'content_sources', 'content_sources'],
    parentKey: 'conversation_id',
    byPosition: true,
  }),
  entryOf({
    name: 'conversation_part_tags',
    from: 'conversation_parts',
    path: ['tags'],
    parentKey: 'conversation_part_id',
    since: '2.13',
  }),
  entryOf({
    name: 'conversation_part_attachments',
    from: 'conversation_parts',
    path: ['attachments'],
    parentKey: 'conversation_part_id',
    byPosition: true,
  }),
  entryOf({
    name: 'conversation_emails',
    from: 'conversation_parts',
    path: ['email_message_metadata', 'email_address_headers'],
    parentKey: 'conversation_part_id',
    byPosition: true,
    since: '2.13',
  }),
  entryOf({
    name: 'data_attribute_options',
    from: ['contact_attributes', 'company_attributes'],
    path: ['options'],
    copied: ['model', 'full_name'],
    valueMember: 'value',
    idMembers: [],
  }),
  entryOf({
    name: 'team_admins',
    from: 'teams',
    path: ['admin_ids'],
    parentKey: 'team_id',
    valueMember: 'admin_id',
    idMembers: ['admin_id'],
  }),
  entryOf({
    name: 'team_admin_priorities',
    from: 'teams',
    lists: [
      { path: ['admin_priority_level', 'primary_admin_ids'], added: { name: 'priority_level', value: 'primary' } },
      { path: ['admin_priority_level', 'secondary_admin_ids'], added: { name: 'priority_level', value: 'secondary' } },
    ],
    parentKey: 'team_id',
    valueMember: 'admin_id',
    idMembers: ['admin_id'],
  }),
  entryOf({ name: 'ticket_contacts', from: 'tickets', path: ['contacts', 'contacts'], parentKey: 'ticket_id' }),
  entryOf({ name: 'ticket_links', from: 'tickets', path: ['linked_objects', 'data'], parentKey: 'ticket_id' }),
  entryOf({
    name: 'ticket_part_attachments',
    from: 'ticket_parts',
    path: ['attachments'],
    parentKey: 'ticket_part_id',
    byPosition: true,
  }),
  entryOf({
    name: 'ticket_type_attributes',
    from: 'ticket_types',
    path: ['ticket_type_attributes', 'data'],
    parentKey: 'ticket_type_id',
    // Intercom writes the type's own id as a text, and the same id in its attributes as a number.
    idMembers: ['id', 'ticket_type_id'],
  }),
]

/**
 * Path, permission and cursor are those of the stream whose records hold the rows. These are known by that record, and by
 * their own id, value or place there.
 */
function entryOf(stream: DerivedStream): StreamEntry {
  const { name, from, path, lists, idMembers, since, ...traits } = stream
  const parents = typeof from === 'string' ? ([from] as const) : from
  const parent = holders.find((entry) => entry.name === parents[0])
  if (!parent) throw new Error(`${name} is derived from ${parents[0]}, which is no stream`)
  const { parentKey, copied = [], byPosition, valueMember } = traits
  const parentMembers = parentKey === undefined ? copied : [parentKey]
  const sinceVersion = since ?? parent.since
  return {
    ...plain,
    name,
    path: parent.path,
    recordsPath: parent.recordsPath,
    primaryKey: [...parentMembers, byPosition ? 'position' : (valueMember ?? 'id')].map((member) => [member]),
    ...(parent.cursor && { cursor: 'parent_updated_at' }),
    scope: parent.scope,
    ...(sinceVersion && { since: sinceVersion }),
    // Those that a record has shown before it was gone.
    ...(parent.tombstones && { tombstones: {} }),
    optIn: true,
    idMembers: idMembers ?? ['id'],
    derived: { ...traits, from: parents, lists: lists ?? (path ? [{ path }] : []) },
  }
}
