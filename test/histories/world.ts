import { createIntercom, type SimulatedIntercom } from '../../simulator/intercom.ts'
import { createEventClock, type EventClock } from './event-clock.ts'
import type { WorkspaceTraits } from './history.ts'
import { closeHost, openHost } from './transport.ts'

/** An Intercom in this process, and its time. */
export interface World extends Disposable {
  intercom: SimulatedIntercom
  clock: EventClock
  baseUrl: string
}

const startsAt = Date.UTC(2026, 4, 5, 10)
let opened = 0

export function openWorld(traits: WorkspaceTraits): World {
  const clock = createEventClock(startsAt)
  const { seed, timezone, spanSeconds, parts, latencyMs } = traits
  const { contacts, conversations, tickets, companies, activityLogs } = traits
  const { largestPage, aheadOfIndex, cursorsOpaque, inclusiveBounds } = traits
  const now = Math.floor(startsAt / 1000)
  const intercom = createIntercom({
    clock,
    seed,
    timezone,
    span: { from: now - spanSeconds, to: now },
    contacts,
    conversations,
    tickets,
    companies,
    activityLogs,
    segments: 4,
    tags: 14,
    admins: 2,
    teams: 1,
    attributes: 0,
    partsPerConversation: { from: 0, to: parts + 1 },
    longConversations: 0,
    oddities: false,
    omitUserlessCompanies: false,
    // The first two contacts have lists of which a search shows ten items only.
    listLengths: { tags: [11, 0], notes: [0, 12] },
    scrollPageSize: Math.min(largestPage, 100),
    largestPage,
    aheadOfIndex,
    cursorsOpaque,
    inclusiveBounds,
  })
  const baseUrl = openHost(`history-${++opened}`, { intercom, clock, latencyMs })
  return { intercom, clock, baseUrl, [Symbol.dispose]: () => closeHost(baseUrl) }
}
