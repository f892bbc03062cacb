import type { SimulatorOptions } from '../options.ts'
import { activityLogDefinition } from './activity-log-record.ts'
import { adminDefinition } from './admin-record.ts'
import { articleDefinition } from './article-record.ts'
import { attributeDefinition, builtInCount } from './attribute-record.ts'
import { companyDefinition, listedCompanyDefinition } from './company-record.ts'
import { contactDefinition } from './contact-record.ts'
import { conversationDefinition } from './conversation-record.ts'
import {
  contactActivityDefinition,
  deletedContactDefinition,
  deletedConversationDefinition,
} from './deletion-records.ts'
import { contactOddities } from './oddities.ts'
import { plainLists } from './plain/lists.ts'
import type { RecordDefinition, RecordSetting } from './record-definition.ts'
import { type ReferenceList, referenceDefinition } from './references/reference-list.ts'
import { referenceLists } from './references/reference-lists.ts'
import { segmentDefinition } from './segment-record.ts'
import { tagDefinition } from './tag-record.ts'
import { teamDefinition } from './team-record.ts'
import { ticketDefinition } from './ticket-record.ts'

type Options = Required<SimulatorOptions>

/** A stream that is stored itself; the others are derived from these. */
interface StoredStream {
  definition: (options: Options) => RecordDefinition
  /** Records at the start. */
  count: (options: Options) => number
}

const attributes = (model: 'contact' | 'company'): StoredStream => ({
  definition: () => attributeDefinition(model),
  count: (options) => builtInCount(model) + options.attributes,
})

const storedStreams: Readonly<Record<string, StoredStream>> = {
  contacts: {
    definition: () => contactDefinition,
    count: ({ contacts, oddities }) => contacts + (oddities ? contactOddities.length : 0),
  },
  tags: { definition: () => tagDefinition, count: ({ tags }) => tags },
  admins: { definition: () => adminDefinition, count: ({ admins }) => admins },
  teams: { definition: () => teamDefinition, count: ({ teams }) => teams },
  segments: { definition: () => segmentDefinition, count: ({ segments }) => segments },
  contact_attributes: attributes('contact'),
  company_attributes: attributes('company'),
  companies: {
    definition: ({ omitUserlessCompanies }) => (omitUserlessCompanies ? listedCompanyDefinition : companyDefinition),
    count: ({ companies }) => companies,
  },
  conversations: { definition: () => conversationDefinition, count: ({ conversations }) => conversations },
}

const reference = (list: ReferenceList): StoredStream => ({
  definition: () => referenceDefinition(list),
  count: ({ references }) => (list.builtIn ?? 0) + references,
})

/** The streams of lists that other records refer to. */
export const referenceNames: readonly string[] = referenceLists.map(({ stream }) => stream)

/** Streams that a workspace has only when its options say so. */
const optInStreams: Readonly<Record<string, StoredStream>> = {
  tickets: { definition: () => ticketDefinition, count: ({ tickets }) => tickets },
  articles: { definition: () => articleDefinition, count: ({ articles }) => articles },
  activity_logs: { definition: () => activityLogDefinition, count: ({ activityLogs }) => activityLogs },
  deleted_conversations: {
    definition: () => deletedConversationDefinition as RecordDefinition,
    count: ({ deletedConversations }) => deletedConversations,
  },
  deleted_contacts: {
    definition: () => deletedContactDefinition as RecordDefinition,
    count: ({ deletedContacts }) => deletedContacts,
  },
  contact_activities: {
    definition: () => contactActivityDefinition as RecordDefinition,
    count: ({ contactActivities }) => contactActivities,
  },
  ...Object.fromEntries(
    Object.entries(plainLists).map(([name, definition]): [string, StoredStream] => [
      name,
      { definition: () => definition, count: ({ lists }) => lists[name] ?? 0 },
    ]),
  ),
  ...Object.fromEntries(referenceLists.map((list) => [list.stream, reference(list)])),
}

/** @throws RangeError when there is no such stream, or it is derived from others */
export function findStoredStream(name: string): StoredStream {
  const table = Object.hasOwn(optInStreams, name) ? optInStreams : storedStreams
  const stored = Object.hasOwn(table, name) ? table[name] : undefined
  if (stored === undefined) throw new RangeError(`The simulator has no stream "${name}" of its own`)
  return stored
}

/** Every stream that each workspace has and a sync can deliver. */
export const streamNames: readonly string[] = [...Object.keys(storedStreams), 'conversation_parts', 'company_segments']

/** The streams a workspace may have besides, each with the stream its records come from. */
export const optInNames: readonly (readonly [name: string, stored: string])[] = [
  ['tickets', 'tickets'],
  ['ticket_parts', 'tickets'],
  ['articles', 'articles'],
  ['activity_logs', 'activity_logs'],
  ['deleted_conversations', 'deleted_conversations'],
  ['deleted_contacts', 'deleted_contacts'],
  ['contact_activities', 'contact_activities'],
  ...Object.keys(plainLists).map((name): [string, string] => [name, name]),
  ...referenceNames.map((name) => [name, name] as const),
]

/** The streams that a sync reads unless it is told which. */
export const usualNames: readonly string[] = [...streamNames, 'tickets', 'ticket_parts', 'activity_logs']

export function settingOf(options: Options, workspaceId: string): RecordSetting {
  return {
    seed: options.seed,
    workspaceId,
    span: options.span,
    tagCount: options.tags,
    contactCount: options.contacts,
    adminCount: options.admins,
    teamCount: options.teams,
    segmentCount: options.segments,
    companyCount: options.companies,
    mostCompanyNotes: options.companyNotes,
    partsPerConversation: options.partsPerConversation,
    proseLength: options.proseLength,
    longConversations: options.longConversations,
    longTickets: options.longTickets,
    ticketsBehindTheirParts: options.ticketsBehindTheirParts,
    oddities: options.oddities,
    listLengths: options.listLengths,
    longLists: options.longLists,
    removedTags: options.removedTags,
    rowsInside: options.rowsInside,
  }
}
