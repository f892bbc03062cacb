import type { SyncMode } from '../airbyte/catalog.ts'
import { defaultApiVersion, type SourceConfig, startSeconds } from '../airbyte/source-config.ts'
import { RefusedError } from '../intercom/failures.ts'
import type { SearchEndpoint } from './search-pages.ts'
import { cutIntoSlices, type Survey, survey } from './search-plan.ts'
import { creditedCursor, readSearchState, type SearchState, type SearchWalkState } from './search-state.ts'
import type { LogEntry, WalkOptions } from './walk.ts'

/** The first version whose contact search compares by second; tried unless the config pins a version. */
const SECOND_EXACT_VERSION = '2.17'
const DAY_SECONDS = 86_400

/** How a search walk begins. */
export interface SearchStart {
  endpoint: SearchEndpoint
  /** Fingerprint of the settings that the walk depends on. */
  plan: string
  walk: SearchWalkState
  /** Records to expect; undefined when the search cannot count them exactly enough. */
  estimate: number | undefined
  /** Up to when (Unix seconds) records may have been delivered by the job that the walk is taken over from. */
  deliveredTo?: number
  notes: LogEntry[]
}

/** Decides where a walk begins, asks Intercom how much there is, and cuts it into slices. */
export async function startSearch(options: WalkOptions): Promise<SearchStart> {
  const { config, configured, state, workspace } = options
  const notes: LogEntry[] = []
  const previous = usableState(state && readSearchState(state), configured.sync_mode, notes)
  const lower = lowerBound(config, previous, options.client.serverSeconds() ?? 0, notes)
  const { endpoint, seen } = await negotiate(options, lower)
  const settings = [config.start_date ?? '-', config.lookback_window ?? 0]
  const plan = [endpoint.version, workspace.timezone ?? '-', ...settings].join('|')
  if (previous?.plan === plan && previous.walk) {
    const { walk } = previous
    const deliveredTo = walk.tail ? (options.client.serverSeconds() ?? walk.tail.asked) : walk.frozen - 1
    return { endpoint, plan, walk, estimate: undefined, deliveredTo, notes }
  }
  if (previous?.plan !== undefined && previous.plan !== plan) {
    const next =
      previous.cursor === undefined
        ? 'reading everything again'
        : 'going on from its cursor; reset the stream to read everything again'
    const message = `the settings have changed from ${previous.plan} to ${plan} since the state was written: ${next}`
    notes.push({ level: 'WARN', message })
  }

  const frozen = options.client.serverSeconds() ?? 0
  // By calendar day an increment is read newest first, so that the days of slack cost nothing.
  const descending = endpoint.matching === 'day' && previous?.cursor !== undefined
  const slices = descending
    ? [{ from: lower, to: frozen, done: frozen <= lower }]
    : await cutIntoSlices(endpoint, { lower, frozen }, seen)
  return {
    endpoint,
    plan,
    walk: { lower, frozen, slices, ...(descending && { descending }) },
    estimate: descending ? undefined : seen.total,
    notes,
  }
}

/** A full refresh goes on from its own walk only, which has no cursor: what an increment reads is never the whole. */
function usableState(given: SearchState | undefined, syncMode: SyncMode, notes: LogEntry[]): SearchState | undefined {
  if (given?.cursor === undefined || syncMode === 'incremental') return given
  notes.push({ level: 'WARN', message: 'a full refresh cannot go on from a cursor: the state is ignored' })
  return undefined
}

function lowerBound(config: SourceConfig, previous: SearchState | undefined, now: number, notes: LogEntry[]): number {
  const start = startSeconds(config)
  if (previous?.cursor === undefined) return start
  let back = (config.lookback_window ?? 0) * DAY_SECONDS
  const migration = config.migration_lookback ?? 31
  if (previous.foreign && migration > 0) {
    back += migration * DAY_SECONDS
    const message =
      `the state was not written by intercom-sync: going back ${migration} days once, ` +
      'because other connectors skip records (migration_lookback: 0 turns this off)'
    notes.push({ level: 'INFO', message })
  }
  const cursor = creditedCursor(previous.cursor, now)
  if (cursor > now) {
    const message = `the state's cursor ${cursor} lies in the future: no record is read before then; reset the stream to read everything again`
    notes.push({ level: 'WARN', message })
  }
  return Math.max(start, cursor - back)
}

/**
 * Finds out how this search compares dates, with the first look at the data. A newer version than the workspace's is
 * not an error to Intercom: only the version it echoes tells which rules it used.
 */
async function negotiate(
  { client, entry, config }: WalkOptions,
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
