import { CodedError } from '../../errors.ts'
import { RefusedError } from '../../intercom/answers/failures.ts'
import type { BriefClient } from '../../intercom/brief-client.ts'
import { CONFIRM_AFTER_MS } from '../../intercom/endpoints/confirmed.ts'
import { readWorkspace } from '../../intercom/endpoints/workspace.ts'
import { createRedact } from '../../redaction.ts'
import { findStream } from '../../streams/table.ts'
import { unknownStreamError } from '../../streams/unknown-streams.ts'
import type { SyncRequest } from '../contract/sync-request.ts'
import type { SelectedStream } from '../contract/walk.ts'
import { createFingerprints } from '../delivered/fingerprints.ts'
import { createGrowingLists } from '../state/growing-lists.ts'
import { lacksSearch, maySearch } from '../walks/changes-walk.ts'
import { groupStreams, type SharedWalk } from '../walks/create-walks.ts'
import { refuseOtherWorkspace } from '../walks/open-walks.ts'
import { countingRequests, type EstimateContext } from './context.ts'
import { counted, type Figure, type StreamFigures, sumOf, unknownFigure } from './figures.ts'
import { estimateList } from './list-estimate.ts'
import { estimateLog } from './log-estimate.ts'
import { estimatePeriods } from './period-estimate.ts'
import { estimateSearch } from './search-estimate.ts'
import { estimateSnapshot } from './snapshot-estimate.ts'

/** A stream that cannot be read, or what a sync will read of it. */
export interface StreamEstimate extends StreamFigures {
  /** At the limit, with nothing else to spend it on; undefined while either is unknown. */
  minutes?: number
  /** Why the stream cannot be read. */
  problem?: CodedError
}

/** What a sync will read and ask, as far as it can be told before. */
export interface SyncEstimate {
  streams: StreamEstimate[]
  /** Of all streams that can be read, which share the limit, with what a sync asks once. */
  total: Omit<StreamEstimate, 'streamName' | 'notes' | 'problem'>
  /** Requests that Intercom allows in a window of 10 s; undefined when it does not say. */
  rateLimit?: number
  /** Requests that the estimate itself has made. */
  requestsMade: number
}

/** A sync asks once whose workspace it reads. */
const REQUESTS_OF_A_SYNC = counted(1)
const WINDOWS_PER_MINUTE = 6

/**
 * Estimates what a sync of this request will read, by asking as its walks would begin, and for counts. Nothing is kept or
 * delivered.
 *
 * @throws CodedError `token_invalid`, `workspace_changed`, `intercom_unavailable`
 */
export async function estimateSync(
  { config, catalog, ...given }: Pick<SyncRequest, 'config' | 'catalog' | 'states' | 'workspaceId' | 'until'>,
  brief: BriefClient,
): Promise<SyncEstimate> {
  const { client, made } = countingRequests(brief)
  // First, because whether a cursor lies in the future needs Intercom's clock.
  const workspace = Promise.resolve(refuseOtherWorkspace(await readWorkspace(client, config.api_version), given))
  const { states, until = Number.POSITIVE_INFINITY } = given
  const context = { config, client, workspace, until }
  const names = catalog.streams.map(({ stream }) => stream.name)
  const selected = catalog.streams.flatMap((configured): SelectedStream[] => {
    const { name } = configured.stream
    const entry = findStream(name)
    return entry ? [{ entry, configured, state: states[name] }] : []
  })
  const shared = { config, client, fingerprints: createFingerprints(), growing: createGrowingLists([]), until }
  const groups = groupStreams(selected, shared)
  const found = (await estimateTwice(groups, context, brief)).flat()
  const rates = { rateLimit: brief.rateLimit(), perMinute: config.api_rate_limit }
  const redact = createRedact(config)
  const streams = names.map((name): StreamEstimate => {
    const stream = found.find(({ streamName }) => streamName === name) ?? unreadable(name, unknownStreamError(name))
    if (stream.problem) stream.problem.message = redact(stream.problem.message)
    return withMinutes(stream, rates)
  })
  const readable = streams.filter(({ problem }) => !problem)
  const rows = sumOf(readable.map((stream) => stream.rows))
  const requests = sumOf([REQUESTS_OF_A_SYNC, ...readable.map((stream) => stream.requests)])
  const { rateLimit } = rates
  const total = withMinutes({ rows, requests }, rates)
  return { streams, total, ...(rateLimit !== undefined && { rateLimit }), requestsMade: made() }
}

/** A permission is missing only if Intercom says so twice, some time apart. */
async function estimateTwice(
  groups: readonly SharedWalk[],
  context: EstimateContext,
  { pause }: BriefClient,
): Promise<StreamEstimate[][]> {
  const first = await Promise.all(groups.map((group) => estimateGroup(group, context)))
  if (!first.some(isRefused)) return first
  await pause(CONFIRM_AFTER_MS)
  return Promise.all(
    groups.map(async (group, index) => {
      const before = first[index] ?? []
      return isRefused(before) ? estimateGroup(group, context) : before
    }),
  )
}

function isRefused(streams: readonly StreamEstimate[]): boolean {
  return streams.some(({ problem }) => problem?.code === 'scope_missing')
}

async function estimateGroup(group: SharedWalk, context: EstimateContext): Promise<StreamEstimate[]> {
  try {
    return await estimateWalk(group, context)
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    return group.feeds.map(({ entry }) => unreadable(entry.name, refusalOf(entry.scope, error)))
  }
}

/** By the way in which the walk reads. */
async function estimateWalk(group: SharedWalk, context: EstimateContext): Promise<StreamFigures[]> {
  const { search, filtered, periods, log } = group.root
  if (log) return estimateLog(group, context)
  if (periods) return estimatePeriods(group, context, periods)
  if (search) return estimateSearch(group, context)
  if (filtered?.changes && maySearch({ ...context, ...group }, filtered.changes)) {
    try {
      return await estimateSearch(group, context)
    } catch (error) {
      if (!lacksSearch(error)) throw error
    }
  }
  return filtered ? estimateList(group, context) : estimateSnapshot(group, context)
}

function refusalOf(scope: string, error: RefusedError): CodedError {
  if (!error.unauthorized) return error
  const { status, detail } = error.failure
  const message = `The access token lacks the permission "${scope}" (${status}: ${detail}). Add it to the app in Intercom's Developer Hub.`
  return new CodedError('scope_missing', message)
}

function unreadable(streamName: string, problem: CodedError): StreamEstimate {
  return { streamName, rows: unknownFigure, requests: unknownFigure, notes: [], problem }
}

interface Rates {
  /** Of a window of 10 s. */
  rateLimit: number | undefined
  /** The config's own limit. */
  perMinute: number | undefined
}

function withMinutes<Estimate extends { requests: Figure }>(
  estimate: Estimate,
  { rateLimit, perMinute }: Rates,
): Estimate & { minutes?: number } {
  const most = Math.min(
    (rateLimit ?? Number.POSITIVE_INFINITY) * WINDOWS_PER_MINUTE,
    perMinute ?? Number.POSITIVE_INFINITY,
  )
  if (!Number.isFinite(most) || most <= 0 || estimate.requests.basis === 'unknown') return estimate
  return { ...estimate, minutes: estimate.requests.count / most }
}
