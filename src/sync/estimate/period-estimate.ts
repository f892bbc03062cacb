import { defaultApiVersion } from '../../airbyte/source-config.ts'
import type { PeriodTraits } from '../../streams/entries/stream-traits.ts'
import { createRecheckLimit } from '../completion/patience.ts'
import { mayBeOfRecords } from '../pages/narrowing.ts'
import { owns, type Slice } from '../state/slice.ts'
import type { SharedWalk } from '../walks/create-walks.ts'
import { planPeriods } from '../walks/period-walk.ts'
import { askPeriodPage, type PeriodEndpoint } from '../walks/periods.ts'
import type { EstimateContext } from './context.ts'
import { counted, guessed, nothing, type StreamFigures } from './figures.ts'

/** Periods that are looked at: the oldest, the newest and one in between. */
const MOST_PERIODS = 3
/** Tries of a page that may hold too much. */
const FEW_TRIES = 2
/** A period that holds nothing is asked for twice, because an empty answer is not believed at once. */
const EMPTY_PERIOD_REQUESTS = 2

/** What the first page of a period shows. */
interface SurveyedPeriod {
  rows: number
  requests: number
  /** The page is all of the period. */
  isWhole: boolean
}

/** What a log holds that is read one stretch of time after the other, and that Intercom does not count. */
export async function estimatePeriods(
  { root, feeds }: SharedWalk,
  { config, client, workspace, until }: EstimateContext,
  traits: PeriodTraits,
): Promise<StreamFigures[]> {
  const [feed] = feeds
  const streamName = root.name
  if (!feed || feed.finishedBefore) return [{ streamName, rows: nothing, requests: nothing, notes: [] }]
  const version = config.api_version ?? defaultApiVersion
  const endpoint = { client, entry: root, traits, version, recheckLimit: createRecheckLimit() }
  const plan = planPeriods({ feed, client, config, until }, await workspace)
  const { periods } = plan
  const chosen = spread(periods)
  const looked = (await Promise.all(chosen.map((period) => surveyPeriod(endpoint, period, plan.feed)))).filter(
    (period) => period !== undefined,
  )
  const sum = (of: 'rows' | 'requests') => looked.reduce((total, period) => total + period[of], 0)
  if (looked.length === periods.length && looked.every(({ isWhole }) => isWhole))
    return [{ streamName, rows: counted(sum('rows')), requests: counted(sum('requests')), notes: [] }]
  const share = periods.length / Math.max(1, looked.length)
  const whole = await surveyPeriod(
    endpoint,
    { from: plan.periods[0]?.from ?? 0, to: plan.asked + 1, done: false },
    plan.feed,
  )
  // Pages of the whole log at once say how much there is, unless that is too much for an answer. Each period has a page.
  const requests = whole ? whole.requests + periods.length : sum('requests') * share
  return [
    {
      streamName,
      rows: guessed(whole ? whole.rows : sum('rows') * share),
      requests: guessed(Math.max(periods.length, requests)),
      notes: [`Intercom does not count this log: guessed from ${looked.length} of ${periods.length} stretches of time`],
    },
  ]
}

function spread(periods: readonly Slice[]): Slice[] {
  if (periods.length <= MOST_PERIODS) return [...periods]
  return [0, Math.floor(periods.length / 2), periods.length - 1].flatMap((index) => periods[index] ?? [])
}

/** @returns undefined when the period holds too much for an answer */
async function surveyPeriod(
  endpoint: PeriodEndpoint,
  period: Slice,
  { wantsRecord }: ReturnType<typeof planPeriods>['feed'],
): Promise<SurveyedPeriod | undefined> {
  try {
    const { answer, rows, next, pages = 1 } = await askPeriodPage(endpoint, period, { page: '1' }, FEW_TRIES)
    const own = rows.filter((row) => owns(period, row) && wantsRecord(answer, row)).length
    if (rows.length === 0) return { rows: 0, requests: EMPTY_PERIOD_REQUESTS, isWhole: true }
    return { rows: own * pages, requests: pages, isWhole: next === undefined }
  } catch (error) {
    if (!mayBeOfRecords(error)) throw error
    return undefined
  }
}
