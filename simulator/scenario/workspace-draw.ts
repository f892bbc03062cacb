import { type Region, regions } from '../options.ts'
import { createRandom, integerBetween, pick, type Random } from '../random.ts'
import { contentLists } from '../records/plain/content-lists.ts'
import { Calendar } from '../search/calendar-day.ts'
import type { Scenario } from './scenario.ts'

/** Separates scenarios from everything else that is drawn from the same seed. */
export const scenarioKey = 0x5ce0

const minute = 60_000
const day = 86_400

/** Zones at both ends of the day, with half hours, and with days on which clocks change; months count from 0. */
const places: readonly (readonly [timezone: string, startsAt: number])[] = [
  ['UTC', Date.UTC(2026, 4, 5, 10)],
  ['Pacific/Kiritimati', Date.UTC(2026, 4, 5, 9, 50)],
  ['Pacific/Pago_Pago', Date.UTC(2026, 4, 5, 10, 55)],
  ['Asia/Kolkata', Date.UTC(2026, 4, 5, 18, 25)],
  ['America/New_York', Date.UTC(2026, 2, 8, 6, 45)],
  ['America/New_York', Date.UTC(2026, 10, 1, 5, 30)],
  ['Australia/Lord_Howe', Date.UTC(2026, 3, 4, 14, 40)],
  ['Australia/Lord_Howe', Date.UTC(2026, 9, 3, 15, 10)],
]

/** A sync does not allow for a longer index lag than these: its overlaps are 60 minutes, 24 hours, and 5 minutes. */
const longestLags: Readonly<Record<string, number>> = {
  contacts: 55 * minute,
  tickets: 10 * 60 * minute,
  conversations: 4 * minute,
  companies: 4 * minute,
  segments: 4 * minute,
  activity_logs: 4 * minute,
}

/** A small workspace with quirks that depend on the seed; one sync of it takes a few hundred requests. */
export function drawWorkspace(seed: number, version: string): Pick<Scenario, 'startsAt' | 'options'> {
  const random = createRandom(seed, scenarioKey, 10)
  const [timezone, startsAt] = pick(random, places)
  const second = Math.floor(startsAt / 1000)
  const span = drawSpan(random, second)
  const region: Region = pick(random, regions)
  // A log with all its entries in one hour could not be read at all.
  const isWide = span.to - span.from > 30 * day
  return {
    startsAt,
    options: {
      seed,
      span,
      mostActivityLogs: isWide && random() < 0.5 ? 150 : null,
      timezone,
      region,
      ...drawSizes(createRandom(seed, scenarioKey, 11)),
      ...drawQuirks(createRandom(seed, scenarioKey, 12), version, startsAt),
      ...drawEdges(createRandom(seed, scenarioKey, 13), new Calendar(timezone), span, second),
      references: drawReferences(createRandom(seed, scenarioKey, 14)),
      ...drawContent(createRandom(seed, scenarioKey, 15)),
    },
  }
}

/** Records of a month and more, of a single day, or of some minutes; the newest are almost as young as now. */
function drawSpan(random: Random, now: number): { from: number; to: number } {
  const length = pick(random, [400 * day, 40 * day, 40 * day, day, 600])
  return { from: now - length, to: now - integerBetween(random, 0, 60) }
}

function drawSizes(random: Random): Scenario['options'] {
  const upTo = (most: number): number => integerBetween(random, 0, most + 1)
  const isLong = (): 0 | 1 => (random() < 0.15 ? 1 : 0)
  const lists = { tags: [11, 14], notes: [0, 12], companies: [12] }
  return {
    contacts: upTo(370),
    conversations: upTo(80),
    companies: upTo(60),
    tickets: upTo(60),
    activityLogs: upTo(200),
    tags: integerBetween(random, 1, 20),
    segments: upTo(8),
    partsPerConversation: { from: 0, to: integerBetween(random, 1, 7) },
    longConversations: isLong(),
    longTickets: isLong(),
    listLengths: random() < 0.5 ? lists : {},
    paddings: random() < 0.2 ? { contacts: [0, 300_000], conversations: [1_000_000] } : {},
  }
}

/** One workspace in four has lists of references, some of them longer than a page. */
function drawReferences(random: Random): number {
  return random() < 0.25 ? integerBetween(random, 1, 60) : 0
}

/** One workspace in four has articles and lists of content, and notes of companies. */
function drawContent(random: Random): Scenario['options'] {
  if (random() >= 0.25) return {}
  const lists = Object.keys(contentLists).map((name) => [name, integerBetween(random, 0, 80)])
  const [articles, companyNotes] = [integerBetween(random, 0, 40), integerBetween(random, 0, 4)]
  return { lists: Object.fromEntries(lists), articles, companyNotes }
}

function drawQuirks(random: Random, version: string, startsAt: number): Scenario['options'] {
  const lags = Object.entries(longestLags).filter(() => random() < 0.6)
  return {
    oddities: random() < 0.5,
    newestVersion: random() < 0.3 ? version : '2.17',
    hideTimezone: random() < 0.15,
    // The search of companies, which came with 2.17, leaves those without users to the next scroll.
    omitUserlessCompanies: random() < 0.5 || version === '2.17',
    inclusiveBounds: random() < 0.5,
    unstableTies: random() < 0.5,
    sendsRetryAfter: random() < 0.5,
    rateLimitPerWindow: pick(random, [1666, 167, 60]),
    scrollPageSize: pick(random, [100, 7]),
    emptyScrollPage: pick(random, [0, 0, 0, 2]),
    foreignScrollUntil: random() < 0.1 ? startsAt + 90_000 : 0,
    ticketsBehindTheirParts: pick(random, [0, 0.2, 0.6]),
    indexLagsMs: Object.fromEntries(
      lags.map(([stream, most]) => [stream, { from: 0, to: Math.ceil(random() * most) }]),
    ),
  }
}

/** Records at both ends of days and in one second with others, and sometimes a day too heavy for large pages. */
function drawEdges(
  random: Random,
  calendar: Calendar,
  span: { from: number; to: number },
  now: number,
): Scenario['options'] {
  const today = calendar.dayOf(now - integerBetween(random, 0, 3) * day)
  const ends = [today.from, today.from - 1, today.to - 1, span.from, span.to].filter((second) => second <= now)
  const crowd = Array.from({ length: integerBetween(random, 0, 40) }, () => span.from + 1)
  const firstTimes = [...ends, ...crowd]
  // More records of one second than a page holds.
  const throng = Array.from({ length: random() < 0.2 ? 320 : 0 }, () => span.from + 1)
  const heavy = { holds: today, abovePerPage: pick(random, [50, 10, 1]), status: 504 }
  const stream = pick(random, ['contacts', 'conversations', 'tickets'])
  return {
    firstTimes: {
      contacts: [...firstTimes, ...throng],
      conversations: ends,
      tickets: ends,
      activity_logs: firstTimes,
      companies: ends,
    },
    traps: random() < 0.25 ? [{ stream, ...heavy }] : [],
  }
}
