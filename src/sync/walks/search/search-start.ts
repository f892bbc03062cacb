import { defaultApiVersion } from '../../../airbyte/source-config.ts'
import { RefusedError } from '../../../intercom/answers/failures.ts'
import type { LogEntry } from '../../contract/walk.ts'
import { planSlices } from '../../pages/cutting.ts'
import type { SearchEndpoint } from '../../pages/search-pages.ts'
import { type Survey, survey } from '../../pages/search-plan.ts'
import type { Cutting, SearchWalkState } from '../../state/search-state.ts'
import type { Slice } from '../../state/slice.ts'
import type { FedWalkOptions, Feed } from '../../streams/feed.ts'
import { gapsBelow, tryAgain } from '../../streams/gaps.ts'
import { searchPlan, settingsChanged } from '../../streams/settings.ts'
import { endOf, tailRound, takenUpAgain } from './walk-times.ts'

/** The first version whose contact search compares by second; tried unless the config pins a version. */
const SECOND_EXACT_VERSION = '2.17'
/** Clocks that differ by no more than this count as equal. */
const SAME_TIME_SECONDS = 60

/** How a search walk begins. */
export interface SearchStart {
  endpoint: SearchEndpoint
  /** Fingerprint of the settings that the walk depends on. */
  plan: string
  walk: SearchWalkState
  /** Records to expect; undefined when the search cannot count them exactly enough. */
  estimate: number | undefined
  /** If the walk is taken over from another job: that job may have delivered records up to this time (Unix seconds). */
  deliveredTo?: number
  notes: LogEntry[]
}

/** Decides where a walk begins, and asks Intercom how many records there are. Cutting is part of the walk itself. */
export async function startSearch(options: FedWalkOptions): Promise<SearchStart> {
  const { config, client, workspace, feeds, ports } = options
  const notes = feeds.flatMap((feed) => feed.notes)
  const lower = Math.min(...feeds.map((feed) => feed.lower()))
  // Take the time before the first look: any later change belongs to the tail, even one in the same second.
  const begun = client.moment()
  const { endpoint, seen } = await negotiate(options, lower)
  const plan = searchPlan(config, endpoint.version, workspace.timezone)
  const walk = continueWalk(feeds, plan)
  if (walk) {
    const deliveredTo = walk.tail ? client.latestSeconds() : endOf(walk) - 1
    return { endpoint, plan, walk: takenUpAgain(walk, client), estimate: undefined, deliveredTo, notes }
  }
  notes.push(...feeds.flatMap((feed) => settingsChanged(feed, plan)))

  // Later evidence may lower the walk's start time; the slices stay as planned.
  const frozen = begun.seconds()
  // If clocks disagree, slices reach up to the latest clock, because slices are checked against Intercom's counts and
  // the tail is not.
  const latest = client.latestSeconds()
  const end = latest - frozen > SAME_TIME_SECONDS ? latest : frozen
  // By calendar day an increment is read newest first, so that the days of slack cost nothing.
  const descending = endpoint.matching === 'day' && feeds.every((feed) => feed.previous?.cursor !== undefined)
  const { slices, cutting }: { slices: Slice[]; cutting?: Cutting } = descending
    ? { slices: [{ from: lower, to: end, done: end <= lower, ...(seen.total !== undefined && { most: seen.total }) }] }
    : planSlices({ lower, frozen: end }, seen, ports.recordsPerSlice)
  // A count of zero may be wrong. So the tail then begins at the lower bound, and looks once more at no extra cost.
  const isEmpty = !descending && seen.total === 0 && lower < frozen
  const tail = isEmpty && tailRound(client, 1, () => lower)
  // Streams share a walk only when their gaps are the same.
  const gaps = feeds[0]?.previous?.gaps ?? []
  return {
    endpoint,
    plan,
    walk: {
      lower,
      get frozen() {
        return begun.seconds()
      },
      slices: [...gapsBelow(lower, gaps), ...slices],
      ...(cutting && { cutting }),
      ...(descending && { descending }),
      ...(tail && { tail }),
    },
    estimate: descending ? undefined : seen.total,
    notes,
  }
}

/**
 * The walk under way in the streams' states, if it was planned with the present settings. All states are at one place
 * of it.
 */
function continueWalk(feeds: readonly Feed[], plan: string): SearchWalkState | undefined {
  const walk = feeds.every(({ previous }) => previous?.plan === plan) ? feeds[0]?.previous?.walk : undefined
  if (!walk) return undefined
  const lower = Math.min(...feeds.map(({ previous }) => previous?.walk?.lower ?? walk.lower))
  return { ...walk, lower, slices: walk.slices.map(tryAgain) }
}

/**
 * Finds out how this search compares dates, with the first look at the data. Intercom does not report an error if a
 * newer version than the workspace's is requested. Only the version that it echoes shows which rules it used.
 */
async function negotiate(
  { client, root: entry, config }: FedWalkOptions,
  lower: number,
): Promise<{ endpoint: SearchEndpoint; seen: Survey }> {
  const version = config.api_version ?? (entry.search?.byCalendarDay ? SECOND_EXACT_VERSION : defaultApiVersion)
  if (!entry.search?.byCalendarDay) {
    const endpoint: SearchEndpoint = { client, entry, version, matching: 'second', echoRequired: false }
    return { endpoint, seen: await survey(endpoint, lower) }
  }
  if (version === SECOND_EXACT_VERSION) {
    const exact: SearchEndpoint = { client, entry, version, matching: 'second', echoRequired: true }
    const seen = await surveyUnlessUnknown(exact, lower)
    if (seen?.version === version) return { endpoint: exact, seen }
  }
  const byDay: SearchEndpoint = {
    client,
    entry,
    version: config.api_version ?? defaultApiVersion,
    matching: 'day',
    echoRequired: false,
  }
  return { endpoint: byDay, seen: await survey(byDay, lower) }
}

async function surveyUnlessUnknown(endpoint: SearchEndpoint, lower: number): Promise<Survey | undefined> {
  try {
    return await survey({ ...endpoint, echoRequired: false }, lower)
  } catch (error) {
    if (error instanceof RefusedError && error.failure.intercomCode === 'intercom_version_invalid') return undefined
    throw error
  }
}
