import type { Fault } from '../faults/fault.ts'
import type { IndexLag, SimulatorOptions } from '../options.ts'
import { integerBetween, pick, type Random } from '../random.ts'

/** An index that lags behind the answers, pages and lists of few records, cursors that nobody can read. */
export function drawUnreliableIndex(
  random: Random,
  lags: Readonly<Record<string, IndexLag>>,
): Pick<SimulatorOptions, 'aheadOfIndex' | 'largestPage' | 'cursorsOpaque' | 'listPageSize' | 'indexLagsMs'> {
  return {
    aheadOfIndex: pick(random, [0, 0, 0.1, 0.5, 1]),
    largestPage: pick(random, [150, 150, 150, integerBetween(random, 5, 60)]),
    cursorsOpaque: random() < 0.5,
    listPageSize: pick(random, [null, null, integerBetween(random, 2, 8)]),
    indexLagsMs: Object.fromEntries(Object.entries(lags).map(([stream, lag]) => [stream, rarelyLonger(random, lag)])),
  }
}

/** A share of the changes takes the longest lag of the stream, the others a tenth of it. */
function rarelyLonger(random: Random, lag: IndexLag): IndexLag {
  if (random() < 0.5) return lag
  const usual = Math.ceil(lag.to / 10)
  return { from: 0, to: usual, rarely: { share: 0.05 + 0.2 * random(), from: usual, to: Math.max(lag.to, usual + 1) } }
}

const searches = ['/contacts/search', '/conversations/search', '/tickets/search']
const activityLogs = ['/admins/activity_logs', '/admins/activity_logs/search']
const emptyList = { body: { type: 'list', data: [] } }
const emptied = ['/contacts/:id/tags', '/contacts/:id/notes', '/contacts/:id/companies', '/companies/:id/segments']

/** Answers that look right and lack records, once each. */
export function drawShortAnswers(random: Random): Fault[] {
  const page = { match: { path: pick(random, searches) }, skip: integerBetween(random, 0, 6) }
  const activityLog = { match: { path: pick(random, activityLogs) }, skip: integerBetween(random, 0, 2) }
  const possible: Fault[] = [
    { ...page, endsEarly: true },
    { ...page, lacks: integerBetween(random, 1, 4) },
    { match: { path: pick(random, searches), paged: true }, skip: integerBetween(random, 0, 4), status: 400 },
    { ...activityLog, endsEarly: true },
    { ...activityLog, lacks: integerBetween(random, 1, 4) },
    { ...activityLog, body: { type: 'activity_log.list', pages: { type: 'pages' }, activity_logs: [] } },
    { match: { path: pick(random, emptied) }, skip: integerBetween(random, 0, 3), ...emptyList },
    { match: { path: '/tickets/search' }, skip: integerBetween(random, 0, 3), nulls: 'ticket_parts' },
    { match: { path: '/companies/scroll' }, skip: integerBetween(random, 0, 3), endsScroll: true },
  ]
  return possible.filter(() => random() < 0.15)
}
