import fc from 'fast-check'
import type { SimulatorOptions } from '../../simulator/options.ts'

/** When everything happens, Unix seconds. */
export const now = Date.UTC(2026, 2, 10, 12) / 1000
const day = 86_400

/** Streams that share a walk, and the requests that are made for it. */
export const walks: Readonly<Record<string, { streams: readonly string[]; path: RegExp }>> = {
  contacts: { streams: ['contacts', 'contact_tags', 'contact_social_profiles'], path: /^\/contacts/ },
  conversations: {
    streams: ['conversations', 'conversation_parts', 'conversation_tags', 'conversation_part_attachments'],
    path: /^\/conversations/,
  },
  tickets: { streams: ['tickets', 'ticket_parts', 'ticket_contacts'], path: /^\/tickets/ },
  companies: { streams: ['companies', 'company_segments', 'company_tags'], path: /^\/companies/ },
  articles: { streams: ['articles'], path: /^\/articles/ },
  activity_logs: { streams: ['activity_logs'], path: /^\/admins\/activity_logs/ },
  segments: { streams: ['segments'], path: /^\/segments/ },
  tags: { streams: ['tags'], path: /^\/tags/ },
  teams: { streams: ['teams', 'team_admins'], path: /^\/teams/ },
  admins: { streams: ['admins'], path: /^\/admins$/ },
}
const streamNames = Object.values(walks).flatMap(({ streams }) => streams)

/** A sync to estimate, and the workspace that it reads. */
export interface DrawnSync {
  workspace: SimulatorOptions
  apiVersion: string | undefined
  /** Unix seconds. */
  startDate: number | undefined
  /** Days. */
  lookback: number
  streams: readonly string[]
  /** Those of them that are read by full refresh. */
  wholeStreams: readonly string[]
  /** A sync before it, and what has changed since. */
  before: SyncBefore | undefined
}

export interface SyncBefore {
  /** It ends after so many commits, as if killed; its states are in the middle of walks. @defaultValue it ends by itself */
  commits: number | undefined
  secondsAgo: number
  updated: number
  created: number
}

/** @param most records of the largest stream */
export function drawnSyncs(most: number): fc.Arbitrary<DrawnSync> {
  const some = (share: number) => fc.nat({ max: Math.floor(most * share) })
  return fc.record({
    workspace: fc.record({
      seed: fc.integer({ min: 1, max: 1000 }),
      contacts: fc.oneof(some(0.1), some(1)),
      conversations: fc.oneof(some(0.05), some(0.4)),
      tickets: some(0.4),
      companies: some(0.2),
      articles: some(0.3),
      activityLogs: some(0.4),
      segments: fc.nat({ max: 12 }),
      tags: fc.integer({ min: 1, max: 30 }),
      longConversations: fc.nat({ max: 1 }),
      oddities: fc.boolean(),
      inclusiveBounds: fc.boolean(),
      newestVersion: fc.constantFrom('2.16', '2.17'),
      timezone: fc.constantFrom('UTC', 'Pacific/Kiritimati', 'America/New_York'),
      span: fc
        .tuple(fc.constantFrom(700 * day, 60 * day, 2 * day), fc.nat({ max: 7200 }))
        .map(([length, age]) => ({ from: now - length - age, to: now - age })),
    }),
    apiVersion: fc.constantFrom(undefined, '2.13', '2.16', '2.17'),
    startDate: fc.option(fc.constantFrom(now - 300 * day, now - 20 * day, now - day), { nil: undefined }),
    lookback: fc.constantFrom(0, 0, 3),
    streams: fc.subarray([...streamNames], { minLength: 1 }),
    wholeStreams: fc.subarray([...streamNames]),
    before: fc.option(
      fc.record({
        commits: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined, freq: 2 }),
        // A scroll that a killed sync has left open is over after a minute.
        secondsAgo: fc.constantFrom(60, 600, 3 * day),
        updated: some(0.3),
        created: some(0.2),
      }),
      { nil: undefined },
    ),
  })
}
