import { defaultApiVersion } from '../../../airbyte/source-config.ts'
import { RefusedError } from '../../../intercom/answers/failures.ts'
import type { SortOrder } from '../../../intercom/endpoints/search-query.ts'
import type { Moment } from '../../../intercom/time/server-clock.ts'
import type { WalkLogLine } from '../../contract/walk.ts'
import { cuttingFor, divide } from '../../pages/cutting.ts'
import type { HeldPage, SearchEndpoint } from '../../pages/search-pages.ts'
import { lookAtFirstPage, type Survey, survey } from '../../pages/search-plan.ts'
import type { Cutting, SearchWalkState } from '../../state/search-state.ts'
import type { Slice } from '../../state/slice.ts'
import type { FedWalkOptions, Feed } from '../../streams/feed.ts'
import { gapsBelow, tryAgain } from '../../streams/gaps.ts'
import { listPlan, searchPlan, settingsChanged } from '../../streams/settings.ts'
import { endOf, tailPass, takenUpAgain } from './walk-times.ts'

/** Intercom serves a search that stands in for a list by another version, or in a form of its own. */
export class MissingSearchError extends Error {}

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
  /** First pages that the first look has brought. */
  held: Map<Slice, HeldPage>
  notes: WalkLogLine[]
}

/**
 * Decides where a walk begins, and asks Intercom for its first page, which also shows how many records there are.
 * Cutting on is part of the walk itself.
 */
export async function startSearch(options: FedWalkOptions): Promise<SearchStart> {
  const { client, feeds } = options
  const notes = feeds.flatMap((feed) => feed.notes)
  const { begun, whole, endpoint, order, seen, plan, underWay: walk } = await surveySearch(options)
  const { from: lower } = whole
  if (walk) {
    const deliveredTo = walk.tail ? client.latestSeconds() : endOf(walk) - 1
    const held = new Map<Slice, HeldPage>()
    return { endpoint, plan, walk: takenUpAgain(walk, client), estimate: undefined, deliveredTo, held, notes }
  }
  notes.push(...feeds.flatMap((feed) => settingsChanged(feed, plan)))

  const descending = order === 'descending'
  const { slices, cutting, held } = planSlices(options, whole, endpoint, order, seen)
  // A count of zero may be wrong. So the tail then begins at the lower bound, and looks once more at no extra cost.
  const isEmpty = !descending && seen.total === 0 && lower < begun.seconds() && options.until > begun.seconds()
  const tail = isEmpty && tailPass(client, 1, () => lower)
  // Streams share a walk only when their gaps are the same.
  const gaps = feeds[0]?.previous?.gaps ?? []
  return {
    endpoint,
    plan,
    walk: {
      lower,
      // Later evidence may lower the walk's start time; the slices stay as planned.
      get frozen() {
        return begun.seconds()
      },
      slices: [...gapsBelow(lower, gaps), ...slices],
      ...(cutting && { cutting }),
      ...(descending && { descending }),
      ...(tail && { tail }),
    },
    estimate: descending ? undefined : seen.total,
    held,
    notes,
  }
}

/** What the first look at a search shows, before anything is planned. */
export interface SearchSurvey {
  /** When the walk begins. */
  begun: Moment
  /** Everything from the lower bound to then. */
  whole: Slice & { to: number }
  endpoint: SearchEndpoint
  order: SortOrder
  seen: Survey
  /** Fingerprint of the settings that the walk depends on. */
  plan: string
  /** The walk that the streams' states are in the middle of. */
  underWay: SearchWalkState | undefined
}

/** What a look at a search needs. */
type SurveyOptions = Pick<FedWalkOptions, 'config' | 'client' | 'workspace' | 'feeds' | 'root' | 'until'>

/** Asks Intercom for the walk's first page, and finds out how the search compares dates. One or two requests. */
export async function surveySearch(options: SurveyOptions): Promise<SearchSurvey> {
  const { config, client, workspace, feeds, root } = options
  const lower = Math.min(...feeds.map((feed) => feed.lower()))
  // Take the time before the first look: any later change belongs to the tail, even one in the same second.
  const begun = client.moment()
  const whole = wholeSlice(options, lower, begun.seconds())
  const { endpoint, order, seen } = await negotiate(options, whole)
  const { timezone } = await workspace
  // The list that the search stands in for goes on from the same states.
  const plan = root.filtered ? listPlan(config) : searchPlan(config, endpoint.version, timezone)
  return { begun, whole, endpoint, order, seen, plan, underWay: continueWalk(feeds, plan) }
}

/** Everything from the lower bound to now, as one slice. @param frozen when the walk begins, Unix seconds */
function wholeSlice({ client, until }: SurveyOptions, lower: number, frozen: number): Slice & { to: number } {
  // If clocks disagree, slices reach up to the latest clock, because slices are checked against Intercom's counts and
  // the tail is not.
  const latest = client.latestSeconds()
  const to = Math.min(latest - frozen > SAME_TIME_SECONDS ? latest : frozen, until)
  return { from: lower, to, done: to <= lower }
}

/** The slices that a walk begins with, and the pages of them that the first look has brought. */
function planSlices(
  { ports, until }: FedWalkOptions,
  whole: Slice & { to: number },
  { matching }: SearchEndpoint,
  order: SortOrder,
  { total, oldest, page }: Survey,
): { slices: Slice[]; cutting?: Cutting; held: Map<Slice, HeldPage> } {
  const most = total === undefined ? {} : { most: total }
  const slice = { ...whole, ...most }
  const held = new Map<Slice, HeldPage>(page && [[slice, { page }]])
  if (order === 'descending') return { slices: [slice], held }
  if (whole.done) return { slices: [], held: new Map() }
  // A count of zero may be wrong. No tail looks once more at what ends in the past.
  if (total === 0) return { slices: whole.to === until ? [whole] : [], held: new Map() }
  if (total === undefined) return { slices: [slice], held }
  const sizes = { perPage: page?.perPage, recordsPerSlice: ports.recordsPerSlice }
  const cutting = cuttingFor(total, Math.max(oldest ?? slice.from, slice.from), sizes)
  const tentative: Slice = { ...slice, tentative: true }
  const division = page && divide(tentative, page, cutting, matching)
  if (division) return { slices: division.parts, cutting, held: new Map(division.held) }
  // Without its first page the slice is looked at, and divided, when its turn comes.
  return page ? { slices: [slice], held } : { slices: [tentative], cutting, held }
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
  options: SurveyOptions,
  whole: Slice,
): Promise<{ endpoint: SearchEndpoint; order: SortOrder; seen: Survey }> {
  const { client, root: entry, config } = options
  if (entry.filtered) return proveSearch(options, whole)
  const version = config.api_version ?? (entry.search?.byCalendarDay ? SECOND_EXACT_VERSION : defaultApiVersion)
  if (!entry.search?.byCalendarDay) {
    const endpoint: SearchEndpoint = { client, entry, version, matching: 'second', echoRequired: false }
    return { endpoint, order: 'ascending', seen: await look(options, endpoint, whole, 'ascending') }
  }
  if (version === SECOND_EXACT_VERSION) {
    const exact: SearchEndpoint = { client, entry, version, matching: 'second', echoRequired: true }
    const seen = await lookUnlessUnknown(options, exact, whole)
    if (seen?.version === version) return { endpoint: exact, order: 'ascending', seen }
  }
  const byDay: SearchEndpoint = {
    client,
    entry,
    version: config.api_version ?? defaultApiVersion,
    matching: 'day',
    echoRequired: false,
  }
  // By calendar day an increment is read newest first, so that the days of slack cost nothing.
  const isIncrement = options.feeds.every((feed) => feed.previous?.cursor !== undefined)
  const order = isIncrement ? 'descending' : 'ascending'
  return { endpoint: byDay, order, seen: await look(options, byDay, whole, order) }
}

/** A search that stands in for a list is used only if its first answer names the version that was asked for. */
async function proveSearch(
  options: SurveyOptions,
  whole: Slice,
): Promise<{ endpoint: SearchEndpoint; order: SortOrder; seen: Survey }> {
  const { client, root: entry, config } = options
  const version = config.api_version ?? defaultApiVersion
  const endpoint: SearchEndpoint = { client, entry, version, matching: 'second', echoRequired: true }
  const seen = await look(options, { ...endpoint, echoRequired: false }, whole, 'ascending')
  if (seen.version !== version) throw new MissingSearchError(`answered by version ${seen.version}, not ${version}`)
  return { endpoint, order: 'ascending', seen }
}

/** The walk's first page. If the walk may be one that was under way, or has no page that can be read, only a count. */
async function look(
  { feeds }: SurveyOptions,
  endpoint: SearchEndpoint,
  whole: Slice,
  order: SortOrder,
): Promise<Survey> {
  const isUnderWay = feeds.some(({ previous }) => previous?.walk)
  const seen = isUnderWay || whole.done ? undefined : await lookAtFirstPage(endpoint, whole, order)
  return seen ?? survey(endpoint, whole.from)
}

async function lookUnlessUnknown(
  options: SurveyOptions,
  endpoint: SearchEndpoint,
  whole: Slice,
): Promise<Survey | undefined> {
  try {
    return await look(options, { ...endpoint, echoRequired: false }, whole, 'ascending')
  } catch (error) {
    if (error instanceof RefusedError && error.failure.intercomCode === 'intercom_version_invalid') return undefined
    throw error
  }
}
