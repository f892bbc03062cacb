import { createIntercom, type SimulatedIntercom } from '../../simulator/intercom.ts'
import type { Clock } from '../../src/clock.ts'
import type { AxiosAdapter } from '../../src/intercom/transport.ts'
import type { WorkspaceTraits } from '../histories/history.ts'
import { createEventClock, type EventClock } from './event-clock.ts'
import { carryTo, type Host } from './transport.ts'
import { machineClock, type WrongMachine } from './wrong-clocks.ts'

/** An Intercom in this process, and its time. */
export interface World {
  intercom: SimulatedIntercom
  clock: EventClock
  baseUrl: string
  /** Carries requests to this Intercom, whatever the base URL is. */
  adapter: AxiosAdapter
  /** Changes answers on their way back; without an argument, they stay unchanged. */
  alter(change?: Host['alter']): void
  /** The clock of the machine that syncs. @param wrong how it is wrong; if left out, it is right */
  machine(wrong?: WrongMachine): Clock
}

const startsAt = Date.UTC(2026, 4, 5, 10)

export function openWorld(traits: WorkspaceTraits): World {
  const clock = createEventClock(startsAt)
  const { seed, version, isPinned, timezone, spanSeconds, parts, latencyMs } = traits
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
    // The search of companies, which came with 2.17, leaves those without users to the next scroll.
    omitUserlessCompanies: isPinned && version === '2.17',
    // The first two contacts have lists for which a search shows only ten items.
    listLengths: { tags: [11, 0], notes: [0, 12] },
    scrollPageSize: Math.min(largestPage, 100),
    largestPage,
    aheadOfIndex,
    cursorsOpaque,
    inclusiveBounds,
  })
  const host: Host = { intercom, clock, latencyMs }
  return {
    intercom,
    clock,
    baseUrl: 'http://intercom.invalid',
    adapter: carryTo(host),
    alter(change) {
      host.alter = change
    },
    machine: (wrong) => (wrong ? machineClock(clock, wrong) : clock),
  }
}
