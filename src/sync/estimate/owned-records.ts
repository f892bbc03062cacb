import { SLACK_SECONDS } from '../../intercom/endpoints/search-query.ts'
import type { Row, SearchPage } from '../pages/search-pages.ts'
import { askFirstPage, countRecords } from '../pages/search-plan.ts'
import { reachedBy, type SearchWalkState } from '../state/search-state.ts'
import type { Slice } from '../state/slice.ts'
import type { OpenFeed } from '../streams/open-feed.ts'
import type { SearchSurvey } from '../walks/search/search-start.ts'
import { counted, type Figure, guessed, unknownFigure } from './figures.ts'

/** So many open slices of a walk under way are counted one by one. */
const MOST_COUNTED_SLICES = 10
/** A count by calendar day is as good as exact when the days that it is unsure of hold no larger share than this. */
const UNSURE_SHARE = 0.1

/** The records that a stream reads of a search that is not whole in the sample. */
export interface OwnedRecords {
  /** Those at or after its lower bound. */
  owned: Figure
  /** Those of them that the last sync has delivered already, if they have not changed since. */
  unchanged: Figure
}

/** @param oldest the first page of the walk, oldest first, if it has come already */
export async function countOwned(
  look: SearchSurvey,
  feed: OpenFeed,
  oldest: SearchPage | undefined,
): Promise<OwnedRecords> {
  if (look.underWay) return { owned: await countRest(look, look.underWay), unchanged: counted(0) }
  const slice = { ...look.whole, from: feed.lower() }
  const isAsked = oldest !== undefined && slice.from === look.whole.from
  const edge = isAsked ? oldest : await askFirstPage(look.endpoint, slice, 'ascending')
  if (!edge) return { owned: unknownFigure, unchanged: unknownFigure }
  const owned = await countFrom(look, slice, edge)
  return { owned, unchanged: await countUnchanged(look, feed, edge, owned.count) }
}

/** What the open slices of a walk under way still hold, and what has changed since it was planned. */
async function countRest({ endpoint }: SearchSurvey, { slices, frozen, tail }: SearchWalkState): Promise<Figure> {
  const since: Slice = { from: tail?.slice.from ?? frozen, to: null, done: false }
  const open = [...slices.filter(({ done }) => !done), since]
  const place = ({ from, at, to }: Slice) => ({ from: Math.max(from, at ?? from), to })
  const stretches = open.map(place)
  const joined: Slice = { from: Math.min(...stretches.map(({ from }) => from)), to: null, done: false }
  const isFew = open.length <= MOST_COUNTED_SLICES
  const counts = await Promise.all(
    (isFew ? open : [joined]).map((slice) =>
      countRecords(endpoint, { updated: place(slice), ...(slice.created && { created: slice.created }) }),
    ),
  )
  const sum = counts.reduce<number>((all, count) => all + (count ?? 0), 0)
  return isFew && endpoint.matching === 'second' ? counted(sum) : guessed(sum)
}

/** Intercom's count for a search that is wider than wanted, less what lies before the bound. */
async function countFrom({ endpoint }: SearchSurvey, slice: Slice, edge: SearchPage): Promise<Figure> {
  const { total = 0, rows } = edge
  const most = Math.max(total, rows.length) - rows.filter((row) => timeOf(row, slice.from) < slice.from).length
  const last = rows.findLast(({ updatedAt }) => updatedAt !== undefined)?.updatedAt ?? slice.from
  if (endpoint.matching === 'second' || slice.from === 0 || last >= slice.from) return counted(most)
  // The days before the bound hold more than a page. A search from the day after it on counts too few instead.
  const least = await countRecords(endpoint, {
    updated: { from: slice.from + SLACK_SECONDS[endpoint.matching], to: slice.to },
  })
  if (least === undefined) return guessed(most)
  const middle = Math.round((least + most) / 2)
  return most - least <= 2 * UNSURE_SHARE * middle ? counted(middle) : guessed(middle)
}

/** Records that the last sync has read, too, and that have not moved since. */
async function countUnchanged(
  { endpoint }: SearchSurvey,
  { previous, lower, wantsRecord, source }: OpenFeed,
  { rows, answer, after }: SearchPage,
  owned: number,
): Promise<Figure> {
  const { seen, readTo } = previous ?? {}
  const reached = previous && reachedBy(previous)
  if (!seen || reached === undefined || readTo === undefined) return counted(0)
  const known = Object.keys(seen).length
  const last = rows.findLast(({ updatedAt }) => updatedAt !== undefined)?.updatedAt ?? 0
  if (after === undefined || last > readTo) {
    const own = rows.filter((row) => timeOf(row, lower()) >= lower())
    const isOld = (row: Row) =>
      source.child ? seen[row.id] !== undefined && timeOf(row, 0) <= readTo : !wantsRecord(answer, row)
    return counted(own.filter(isOld).length)
  }
  if (endpoint.matching === 'day') return guessed(Math.min(known, owned))
  const count = await countRecords(endpoint, { updated: { from: Math.max(lower(), reached), to: readTo + 1 } })
  return counted(Math.min(known, count ?? known))
}

function timeOf({ updatedAt }: Row, unknown: number): number {
  return updatedAt ?? unknown
}
