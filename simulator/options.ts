import { type Clock, systemClock } from '../src/clock.ts'
import type { Trap } from './faults/trap.ts'
import type { SimulatedApp } from './sign-in/consents.ts'
import type { ScriptedChange } from './workspace/live-changes.ts'
import type { MutationPlan } from './workspace/mutations.ts'

/** How the simulated workspace looks and behaves. */
export interface SimulatorOptions {
  /** An integer; equal seeds give equal bytes. @defaultValue 1 */
  seed?: number
  /** Ordinary contacts at the start. @defaultValue 1000 */
  contacts?: number
  /** Tags at the start. @defaultValue 12 */
  tags?: number
  /** Admins at the start; the first one owns the token. @defaultValue 5 */
  admins?: number
  /** @defaultValue 4 */
  teams?: number
  /** @defaultValue 8 */
  segments?: number
  /** Custom data attributes of each model, beside the built-in ones. @defaultValue 7 */
  attributes?: number
  /** @defaultValue 150 */
  companies?: number
  /** @defaultValue 200 */
  conversations?: number
  /** Parts of an ordinary conversation at the start, [from, to). @defaultValue 0 to 9 */
  partsPerConversation?: { from: number; to: number }
  /** How many characters of prose each part of a conversation has, which compresses as texts of people do. @defaultValue 0 */
  proseLength?: number
  /** How many conversations have about 500 parts or more: 501, 640, 500 and 777 in turn. @defaultValue 3 */
  longConversations?: number
  /** Tickets at the start; without any, the workspace has no truth for tickets. @defaultValue 0 */
  tickets?: number
  /** How many tickets have about 500 parts or more: 501, 640 and 500 in turn. @defaultValue 0 */
  longTickets?: number
  /**
   * Share of tickets whose newest part is younger than their `updated_at`. Also the share of changes to a ticket's
   * parts that do not move `updated_at`. @defaultValue 0
   */
  ticketsBehindTheirParts?: number
  /** Articles at the start, forty of one second. @defaultValue 0 */
  articles?: number
  /** Conversations, contacts that are out of sight, and events of contacts at the start, in lists that tell of those. @defaultValue 0 */
  deletedConversations?: number
  /** @defaultValue 0 */
  deletedContacts?: number
  /** @defaultValue 0 */
  contactActivities?: number
  /**
   * Whether the workspace has `GET /contacts/deleted` and `GET /contacts/activities`: they may be missing, or answer with
   * nothing although there is something. @defaultValue 'there'
   */
  contactFeeds?: 'there' | 'absent' | 'empty'
  /** Records of plain lists (`records/plain/`) at the start, by stream. @defaultValue none */
  lists?: Readonly<Record<string, number>>
  /** Notes of a company, at most; half of the companies have none. @defaultValue 0: companies say nothing of notes */
  companyNotes?: number
  /** Entries of each list of references (ticket types, brands, …) beyond those of every workspace. @defaultValue 0 */
  references?: number
  /** Entries of the admin activity log at the start. @defaultValue 0 */
  activityLogs?: number
  /** Windows of the activity log that hold more rows than this are answered with 500. @defaultValue null: no limit */
  mostActivityLogs?: number | null
  /**
   * By stream: `updated_at` of the first records, in place of the drawn times. Unix seconds, e.g. both ends of a day or
   * of a slice. @defaultValue none
   */
  firstTimes?: Readonly<Record<string, readonly number[]>>
  /** By stream: how many bytes of padding the first records carry. @defaultValue none */
  paddings?: Readonly<Record<string, readonly number[]>>
  /** Whether records with hostile texts are added. @defaultValue true */
  oddities?: boolean
  /**
   * Lengths of the lists of the first contacts, by the list's name; there cannot be more tags and companies than the
   * workspace has. @defaultValue drawn
   */
  listLengths?: Readonly<Record<string, readonly number[]>>
  /** Share of the lists inside contacts that are longer than the ten items that a contact shows. @defaultValue 0.005 */
  longLists?: number
  /**
   * Tags that were removed from the workspace but still count in the `total_count` of a contact with tags.
   * @defaultValue 0
   */
  removedTags?: number
  /**
   * Whether records hold rows of every kind: parts have tags and e-mail headers, AI agents name their sources, tickets are
   * linked, teams have second priorities. @defaultValue false
   */
  rowsInside?: boolean
  /** `updated_at` of the contacts at the start, Unix seconds [from, to). @defaultValue 2024-01-01 to 2026-01-01, UTC */
  span?: { from: number; to: number }
  /** IANA name. @defaultValue 'America/New_York' */
  timezone?: string
  /** As `/me` writes it. @defaultValue 'US' */
  region?: Region
  /** The newest API version this Intercom has. @defaultValue '2.17' */
  newestVersion?: string
  /** Whether a newer version than that is refused; otherwise the newest version serves it. @defaultValue false */
  refuseNewerVersions?: boolean
  /** The version set on the app, used when a request names none. @defaultValue '2.14' */
  appVersion?: string
  /** Valid tokens and the scopes each lacks. @defaultValue `{'simulator-token': []}` */
  accessTokens?: Record<string, string[]>
  /** The app with which people sign in. @defaultValue `simulator-app`, `simulator-secret`, with every scope */
  app?: SimulatedApp
  /** The status of an answer to a token without the scope. @defaultValue 403 */
  missingScopeStatus?: 401 | 403
  /** Whether `GET /me` answers 403, so that nobody learns the time zone. @defaultValue false */
  hideTimezone?: boolean
  /** Requests per token and 10-second window. @defaultValue 1666 */
  rateLimitPerWindow?: number
  /** How long every answer takes, ms. The limit counts a request when it arrives. @defaultValue 0 */
  latencyMs?: number
  /** Whether an answer beyond that limit says in `Retry-After` when to come again. @defaultValue false */
  sendsRetryAfter?: boolean
  /** Whether lists by page number reorder records of the same second with every request. @defaultValue false */
  unstableTies?: boolean
  /** Records that spoil every page they are on. @defaultValue none */
  traps?: readonly Trap[]
  /** How long after a change the search shows it, ms. @defaultValue 0 */
  indexLagMs?: number
  /** The same by stream, drawn for each mutation, so the later of two changes may show first. @defaultValue none */
  indexLagsMs?: Readonly<Record<string, IndexLag>>
  /**
   * For this share of records, of all searches or by stream, search answers show the newest text although the index
   * still holds an older version: place, order, filters, counts and cursors come from the index, and the text from
   * another store. A deleted record keeps the text it had. @defaultValue 0
   */
  aheadOfIndex?: number | Readonly<Record<string, number>>
  /** Searches give at most so many records per page, even if more are requested. @defaultValue 150 */
  largestPage?: number
  /** Whether clients cannot read the cursors of searches. @defaultValue false */
  cursorsOpaque?: boolean
  /**
   * Lists that are otherwise given whole (segments, tags, admins, teams, attributes, the segments of a company) give at
   * most so many items per page. Seed and list decide whether a URL or a cursor names the next page.
   *
   * @defaultValue null: no limit
   */
  listPageSize?: number | null
  /**
   * Whether `>` and `<` include the bound itself, when conversations, tickets or the activity log are queried by time.
   * @defaultValue false
   */
  inclusiveBounds?: boolean
  /** Companies on a page of the scroll. @defaultValue 100 */
  scrollPageSize?: number
  /** Which page of the scroll, from 1, is empty although others follow. @defaultValue 0: only the end */
  emptyScrollPage?: number
  /** Somebody else's scroll is open until this time, ms since the epoch. @defaultValue 0 */
  foreignScrollUntil?: number
  /** Whether lists and scroll leave companies without users out. @defaultValue true */
  omitUserlessCompanies?: boolean
  /** Whether some companies are deleted from the start but still appear in lists and scroll. @defaultValue true */
  deletedCompanies?: boolean
  /** Changes made as searches are answered. @defaultValue none */
  mutationPlan?: MutationPlan | null
  /** Changes made as requests of any kind are answered. @defaultValue none */
  script?: readonly ScriptedChange[]
  /** @defaultValue the machine's own clock */
  clock?: Clock
}

/**
 * How long the search takes to show a change, ms in [from, to); a share of the changes takes longer than the others.
 */
export interface IndexLag {
  from: number
  to: number
  rarely?: { share: number; from: number; to: number }
}

export const regions = ['US', 'Europe', 'Australia'] as const
export type Region = (typeof regions)[number]

/** What a workspace for trying things out has besides, so that a sync finds records in each stream it reads by itself. */
export const exampleWorkspace = { tickets: 100, activityLogs: 300 } as const satisfies SimulatorOptions

export const defaultToken = 'simulator-token'

export function withDefaults(options: SimulatorOptions): Required<SimulatorOptions> {
  return {
    seed: 1,
    contacts: 1000,
    tags: 12,
    admins: 5,
    teams: 4,
    segments: 8,
    attributes: 7,
    companies: 150,
    conversations: 200,
    partsPerConversation: { from: 0, to: 9 },
    proseLength: 0,
    longConversations: 3,
    tickets: 0,
    longTickets: 0,
    ticketsBehindTheirParts: 0,
    articles: 0,
    deletedConversations: 0,
    deletedContacts: 0,
    contactActivities: 0,
    contactFeeds: 'there',
    lists: {},
    companyNotes: 0,
    references: 0,
    activityLogs: 0,
    mostActivityLogs: null,
    firstTimes: {},
    paddings: {},
    oddities: true,
    listLengths: {},
    longLists: 0.005,
    removedTags: 0,
    rowsInside: false,
    span: { from: Date.UTC(2024, 0, 1) / 1000, to: Date.UTC(2026, 0, 1) / 1000 },
    timezone: 'America/New_York',
    region: 'US',
    newestVersion: '2.17',
    refuseNewerVersions: false,
    appVersion: '2.14',
    accessTokens: { [defaultToken]: [] },
    app: { clientId: 'simulator-app', clientSecret: 'simulator-secret', lacks: [] },
    missingScopeStatus: 403,
    hideTimezone: false,
    rateLimitPerWindow: 1666,
    latencyMs: 0,
    sendsRetryAfter: false,
    unstableTies: false,
    traps: [],
    indexLagMs: 0,
    indexLagsMs: {},
    aheadOfIndex: 0,
    largestPage: 150,
    cursorsOpaque: false,
    listPageSize: null,
    inclusiveBounds: false,
    scrollPageSize: 100,
    emptyScrollPage: 0,
    foreignScrollUntil: 0,
    omitUserlessCompanies: true,
    deletedCompanies: true,
    mutationPlan: null,
    script: [],
    clock: systemClock,
    ...options,
  }
}
