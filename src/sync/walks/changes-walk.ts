import { defaultApiVersion, isSince } from '../../airbyte/source-config.ts'
import { CodedError } from '../../errors.ts'
import { RefusedError } from '../../intercom/answers/failures.ts'
import type { ChangeSearch } from '../../streams/entries/stream-traits.ts'
import type { Walk } from '../contract/walk.ts'
import type { SearchState } from '../state/search-state.ts'
import type { FedWalkOptions } from '../streams/feed.ts'
import { createFilteredWalk } from './filtered-walk.ts'
import { MissingSearchError, type SearchStart, startSearch } from './search/search-start.ts'
import { createSearchWalk } from './search/search-walk.ts'

const DAY_SECONDS = 86_400
const USUAL_SCROLL_DAYS = 7

/**
 * Reads a list whole every few days, and in between only what a search shows to have changed. The search leaves records
 * out. So a state that it leaves says since when the list was not read, and the next whole reading makes up for that.
 */
export function createChangesWalk(options: FedWalkOptions, changes: ChangeSearch): Walk {
  const { position } = options
  // Only a walk by search has its plan in its position.
  let walk = position && 'walk' in position ? createSearchWalk(options) : createFilteredWalk(options)

  return {
    streamNames: walk.streamNames,
    async *arrivals() {
      if (!position && maySearch(options, changes)) {
        const start = await provenStart(options)
        if (start) walk = createSearchWalk(options, start)
      }
      yield* walk.arrivals()
    },
    position: () => walk.position(),
    mustFinish: () => walk.mustFinish?.() ?? false,
    streamState: (name) => walk.streamState(name),
    missing: (name) => walk.missing?.(name),
  }
}

/** Whether the states allow a search in place of the list. */
export function maySearch(
  { config, client, feeds }: Pick<FedWalkOptions, 'config' | 'client' | 'feeds'>,
  { since }: ChangeSearch,
): boolean {
  const { api_version: version = defaultApiVersion, companies_scroll_days: days = USUAL_SCROLL_DAYS } = config
  // A search does not show what is deleted, and the list does.
  if (!isSince(version, since) || config.tombstones === 'airbyte') return false
  // A walk by search asks for one kind of children.
  if (new Set(feeds.flatMap(({ source }) => (source.child ? [source] : []))).size > 1) return false
  const now = client.latestSeconds()
  return feeds.every(({ incremental, previous }) => {
    const age = now - (incremental ? readWholeAt(previous) : Number.POSITIVE_INFINITY)
    return age >= 0 && age < days * DAY_SECONDS
  })
}

/** When the list was last read whole, or earlier, Unix seconds; -Infinity if it never was. */
function readWholeAt(previous: SearchState | undefined): number {
  if (previous?.cursor === undefined || previous.foreign) return Number.NEGATIVE_INFINITY
  return Math.min(previous.listedFrom ?? Number.POSITIVE_INFINITY, previous.cursor)
}

/** How a walk by search begins; undefined where Intercom does not prove by its answer that it has the search. */
async function provenStart(options: FedWalkOptions): Promise<SearchStart | undefined> {
  try {
    return await startSearch(options)
  } catch (error) {
    if (lacksSearch(error)) return undefined
    throw error
  }
}

/** Whether Intercom has no such search, as far as its answer shows. What else may be wrong shows in the list, too. */
export function lacksSearch(error: unknown): boolean {
  if (error instanceof MissingSearchError || error instanceof RefusedError) return true
  return error instanceof CodedError && (error.code === 'intercom_protocol' || error.code === 'intercom_unavailable')
}
