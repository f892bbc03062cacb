import { formatNoun } from '../../display/figures.ts'
import { cuttingFor } from '../pages/cutting.ts'
import { askFirstPage } from '../pages/search-plan.ts'
import { hasList, type OpenFeed } from '../streams/open-feed.ts'
import type { SharedWalk } from '../walks/create-walks.ts'
import { type SearchSurvey, surveySearch } from '../walks/search/search-start.ts'
import { countingRequests, type EstimateContext } from './context.ts'
import { counted, type Figure, guessed, nothing, type StreamFigures, sumOf, unknownFigure } from './figures.ts'
import { countOwned, type OwnedRecords } from './owned-records.ts'
import { childFigures, listRequests, projected, rowsInside } from './row-figures.ts'
import { type Sample, sampleRows } from './sample-rows.ts'
import { dividedRequests, pagesFor } from './search-requests.ts'

/** The tail, in a workspace where little changes while it is read. */
const TAIL_REQUESTS = 1

/** A search that has been looked at. */
interface LookedAt {
  look: SearchSurvey
  /** Requests for that, which the walk makes as well. */
  lookRequests: number
  sample: Sample
}

/** A stream of the search, with the records that it owns. */
interface SearchedStream extends OwnedRecords {
  feed: OpenFeed
}

type Figures = Pick<StreamFigures, 'rows' | 'requests' | 'notes'>

/** What a search walk will read. Three requests or fewer for most searches; a few more for one that is divided. */
export async function estimateSearch({ root, feeds }: SharedWalk, context: EstimateContext): Promise<StreamFigures[]> {
  if (feeds.every(({ finishedBefore }) => finishedBefore)) return feeds.map(({ entry }) => finished(entry.name))
  const { client, made } = countingRequests(context.client)
  const look = await surveySearch({ ...context, root, feeds, client })
  const lookRequests = made()
  const opened = feeds.map((feed) => feed.open(look.begun.seconds()))
  const hasCutLists = root.search?.cutLists !== undefined && opened.some(({ source }) => !source.child)
  const isSampled = hasCutLists || opened.some(({ entry, source }) => source.child || entry.derived)
  const lookedAt = { look, lookRequests, sample: await takeSample(look, isSampled) }
  const streams = await Promise.all(opened.map(async (feed) => ({ feed, ...(await ownedBy(lookedAt, feed)) })))
  const ofWalk = await requestsOfWalk(lookedAt, streams)
  // Streams share a walk only when their gaps are the same.
  const gaps = feeds[0]?.previous?.gaps.length ?? 0
  const walkRequests = gaps === 0 ? ofWalk : sumOf([ofWalk, guessed(gaps)])
  const reader = opened.find(({ entry }) => entry === root) ?? opened[0]
  // What belongs to a record is asked for once, however many streams have something of it.
  const payers = [false, true].map((ofChildren) =>
    streams
      .filter(({ feed }) => (feed.source.child !== undefined) === ofChildren)
      .toSorted((one, other) => other.owned.count - one.owned.count)
      .at(0),
  )
  return streams.map((stream) => {
    const { entry, source } = stream.feed
    const own = source.child ? figuresOfChildren(stream, root, lookedAt) : figuresOfRecords(stream, opened, lookedAt)
    const figures = payers.includes(stream) ? own : { ...own, requests: nothing }
    const requests = stream.feed === reader ? sumOf([walkRequests, figures.requests]) : figures.requests
    const notes = gaps === 0 ? figures.notes : [...figures.notes, 'What the last sync could not read is left out']
    return { streamName: entry.name, rows: figures.rows, requests, notes }
  })
}

function finished(streamName: string): StreamFigures {
  return { streamName, rows: nothing, requests: nothing, notes: ['The state says that its full refresh is finished'] }
}

async function takeSample(look: SearchSurvey, isWanted: boolean): Promise<Sample> {
  const { whole, underWay, seen, endpoint } = look
  // Whatever the cursor in the future, nothing before it is read.
  if (whole.done && !underWay) return { rows: [], isWhole: true }
  const open = underWay?.slices.find(({ done }) => !done)
  if (underWay && !(open && isWanted)) return { rows: [], isWhole: false }
  const first = seen.page ?? (await askFirstPage(endpoint, open ? withoutProgress(open) : whole, 'ascending'))
  return first ? sampleRows(look, first, isWanted) : { rows: [], isWhole: false }
}

function withoutProgress({ from, to, at }: { from: number; to: number | null; at?: number }) {
  return { from: Math.max(from, at ?? from), to, done: false }
}

/** The records that a stream owns. Of a whole sample they are counted one by one. */
async function ownedBy({ look, sample }: LookedAt, feed: OpenFeed): Promise<OwnedRecords> {
  if (!sample.isWhole) return countOwned(look, feed, look.order === 'ascending' ? look.seen.page : undefined)
  const owned = sample.rows.filter(({ row }) => row.updatedAt === undefined || row.updatedAt >= feed.lower())
  const unchanged = owned.filter((sampled) => !isDelivered(feed, sampled))
  return { owned: counted(owned.length), unchanged: counted(unchanged.length) }
}

/** Whether a record, or the children of one, will be delivered, as far as its own text shows. */
function isDelivered({ source, previous, wantsRecord }: OpenFeed, { answer, row }: Sample['rows'][number]): boolean {
  if (!source.child) return wantsRecord(answer, row)
  // Only its answer shows whether a parent's children have changed. Mostly the parent then moves as well.
  const { seen, readTo = Number.NEGATIVE_INFINITY } = previous ?? {}
  return seen?.[row.id] === undefined || (row.updatedAt ?? 0) > readTo
}

/** @param feeds of the walk: a list is completed for all of them at once */
function figuresOfRecords(
  { feed, owned, unchanged }: SearchedStream,
  feeds: readonly OpenFeed[],
  { sample }: LookedAt,
): Figures {
  const { source, entry } = feed
  const records = less(owned, unchanged)
  const all = sample.isWhole ? undefined : records
  const looked = sample.rows.filter((sampled) => isDelivered(feed, sampled))
  const { derived } = entry
  const inside = derived && looked.map((sampled) => rowsInside(derived, sampled))
  // A list that is cut shows fewer rows than there are.
  const isCut = looked.some((sampled) => listRequests(source, sampled, (member) => hasList(entry, member)) > 0)
  const rows = inside ? projected(inside, all ?? (isCut ? counted(looked.length) : undefined)) : records
  const rowNotes = inside ? [`Rows are guessed from ${looked.length} ${source.name}, as far as these show them`] : []
  if (!source.search?.cutLists) return { rows, requests: nothing, notes: rowNotes }
  const values = looked.map((sampled) =>
    listRequests(source, sampled, (member) =>
      feeds.some(({ wantsList }) => wantsList(member, sampled.answer, sampled.row)),
    ),
  )
  const requests = projected(values, all)
  const notes = sample.isWhole
    ? []
    : [`How many lists have to be completed is guessed from ${formatNoun(values.length, 'record')}`]
  return { rows, requests, notes: [...rowNotes, ...notes] }
}

function figuresOfChildren(
  { feed, owned, unchanged }: SearchedStream,
  root: SharedWalk['root'],
  { sample }: LookedAt,
): Figures {
  const { entry, source, previous } = feed
  const parents = sample.rows.filter(({ row }) => feed.wantsChildren(row))
  const looked = parents.flatMap((parent) => {
    const figures = childFigures(source, root, parent)
    return figures ? [{ ...figures, isDelivered: isDelivered(feed, parent) }] : []
  })
  const isWhole = sample.isWhole && looked.length === parents.length
  const children = looked.filter((parent) => parent.isDelivered).map((parent) => parent.children)
  const rows = projected(children, isWhole ? undefined : less(owned, unchanged))
  const retried = counted(Object.keys(previous?.retryIds ?? {}).length)
  const inline = projected(
    looked.map(({ requests }) => requests),
    isWhole ? undefined : owned,
  )
  const requests = sumOf([source.child?.inline || source.child?.shown ? inline : owned, retried])
  if (entry.derived)
    return { rows: unknownFigure, requests, notes: [`Only ${source.name} show how many rows they hold`] }
  return { rows, requests, notes: isWhole ? [] : [`Rows are guessed from ${looked.length} ${root.name}`] }
}

/** The requests for the pages, and for what else the walk asks of the search. */
async function requestsOfWalk(
  { look, lookRequests, sample }: LookedAt,
  streams: readonly OwnedRecords[],
): Promise<Figure> {
  const { whole, order, seen, endpoint, underWay } = look
  const always = lookRequests + TAIL_REQUESTS
  const owned = Math.max(0, ...streams.map((stream) => stream.owned.count))
  if (underWay) {
    const open = underWay.slices.filter(({ done }) => !done).length
    return guessed(always + pagesFor(owned) + open / 2)
  }
  if (whole.done) return counted(always)
  const later = (pages: number) => always + pages - (seen.page ? 1 : 0)
  if (order === 'descending') {
    const figure = streams.find((stream) => stream.owned.count === owned)?.owned ?? nothing
    return { count: later(pagesFor(Math.min(owned + 1, seen.total ?? owned))), basis: figure.basis }
  }
  const total = sample.isWhole ? sample.rows.length : (seen.total ?? owned)
  const divided = await dividedRequests(
    endpoint,
    whole,
    total,
    cuttingFor(total, Math.max(seen.oldest ?? 0, whole.from), { perPage: seen.page?.perPage }),
  )
  return divided === undefined ? counted(later(pagesFor(total))) : guessed(always + divided)
}

function less(all: Figure, some: Figure): Figure {
  return { ...sumOf([all, some]), count: Math.max(0, all.count - some.count) }
}
