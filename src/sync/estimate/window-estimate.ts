import { defaultApiVersion } from '../../airbyte/source-config.ts'
import type { WindowTraits } from '../../streams/entries/stream-traits.ts'
import { createRecheckLimit } from '../completion/patience.ts'
import { mayBeOfRecords } from '../pages/narrowing.ts'
import { owns, type Slice } from '../state/slice.ts'
import type { SharedWalk } from '../walks/create-walks.ts'
import { planWindows } from '../walks/window-walk.ts'
import { askWindowPage, type WindowEndpoint } from '../walks/windows.ts'
import type { EstimateContext } from './context.ts'
import { counted, guessed, nothing, type StreamFigures } from './figures.ts'

/** Windows that are looked at: the oldest, the newest and one in between. */
const MOST_WINDOWS = 3
/** Tries of a page that may hold too much. */
const FEW_TRIES = 2
/** A window that holds nothing is asked for twice, because an empty answer is not believed at once. */
const EMPTY_WINDOW_REQUESTS = 2

/** What the first page of a window shows. */
interface LookedAtWindow {
  rows: number
  requests: number
  /** The page is all of the window. */
  isWhole: boolean
}

/** What a log holds that is read one stretch of time after the other, and that Intercom does not count. */
export async function estimateWindows(
  { root, feeds }: SharedWalk,
  { config, client, workspace, until }: EstimateContext,
  traits: WindowTraits,
): Promise<StreamFigures[]> {
  const [feed] = feeds
  const streamName = root.name
  if (!feed || feed.finishedBefore) return [{ streamName, rows: nothing, requests: nothing, notes: [] }]
  const version = config.api_version ?? defaultApiVersion
  const endpoint = { client, entry: root, traits, version, recheckLimit: createRecheckLimit() }
  const plan = planWindows({ feed, client, config, until }, await workspace)
  const { windows } = plan
  const chosen = spread(windows)
  const looked = (await Promise.all(chosen.map((window) => lookAtWindow(endpoint, window, plan.feed)))).filter(
    (window) => window !== undefined,
  )
  const sum = (of: 'rows' | 'requests') => looked.reduce((total, window) => total + window[of], 0)
  if (looked.length === windows.length && looked.every(({ isWhole }) => isWhole))
    return [{ streamName, rows: counted(sum('rows')), requests: counted(sum('requests')), notes: [] }]
  const share = windows.length / Math.max(1, looked.length)
  const whole = await lookAtWindow(
    endpoint,
    { from: plan.windows[0]?.from ?? 0, to: plan.asked + 1, done: false },
    plan.feed,
  )
  // Pages of the whole log at once say how much there is, unless that is too much for an answer. Each window has a page.
  const requests = whole ? whole.requests + windows.length : sum('requests') * share
  return [
    {
      streamName,
      rows: guessed(whole ? whole.rows : sum('rows') * share),
      requests: guessed(Math.max(windows.length, requests)),
      notes: [`Intercom does not count this log: guessed from ${looked.length} of ${windows.length} stretches of time`],
    },
  ]
}

function spread(windows: readonly Slice[]): Slice[] {
  if (windows.length <= MOST_WINDOWS) return [...windows]
  return [0, Math.floor(windows.length / 2), windows.length - 1].flatMap((index) => windows[index] ?? [])
}

/** @returns undefined when the window holds too much for an answer */
async function lookAtWindow(
  endpoint: WindowEndpoint,
  window: Slice,
  { wantsRecord }: ReturnType<typeof planWindows>['feed'],
): Promise<LookedAtWindow | undefined> {
  try {
    const { answer, rows, next, pages = 1 } = await askWindowPage(endpoint, window, { page: '1' }, FEW_TRIES)
    const own = rows.filter((row) => owns(window, row) && wantsRecord(answer, row)).length
    if (rows.length === 0) return { rows: 0, requests: EMPTY_WINDOW_REQUESTS, isWhole: true }
    return { rows: own * pages, requests: pages, isWhole: next === undefined }
  } catch (error) {
    if (!mayBeOfRecords(error)) throw error
    return undefined
  }
}
