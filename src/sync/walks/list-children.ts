import type { ScannedAnswer } from '../../intercom/text/record-scanner.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { type ChildEndpoint, childEndpoint, type FoundChildren, findChildren } from '../completion/ask-children.ts'
import { readBatches } from '../completion/batches.ts'
import { askGoneAgain, readChildren } from '../completion/children.ts'
import { createGoneParents } from '../completion/gone-parents.ts'
import { createRecheckLimit } from '../completion/patience.ts'
import { countedChildren, shownChildren, shownIds } from '../completion/shown-children.ts'
import type { Arrival } from '../contract/walk.ts'
import type { Row } from '../pages/search-pages.ts'
import type { FedWalkOptions } from '../streams/feed.ts'
import type { OpenFeed } from '../streams/open-feed.ts'
import { deliverToGone, type WantedParent, wantedParents } from '../streams/wanted-parents.ts'

/** Children of one kind below the records of a list. */
export interface ListChildren {
  /** The streams that get them. */
  feeds: readonly OpenFeed[]
  endpoint: ChildEndpoint
  /** Parents whose children the last sync could not read, until this walk meets them. */
  awaited: Map<string, WantedParent>
}

/** All kinds of children that a list's streams hold. */
export function listChildren(feeds: readonly OpenFeed[], version: string, options: FedWalkOptions): ListChildren[] {
  const kinds = new Set(feeds.flatMap(({ source }) => (source.child ? [source] : [])))
  return [...kinds].map((kind) => {
    const own = feeds.filter(({ source }) => source === kind)
    const shared = { recheckLimit: createRecheckLimit(), gone: createGoneParents() }
    const awaited = new Map(wantedParents(own).map((one) => [one.parent.id, one]))
    return { feeds: own, endpoint: childEndpoint(kind, version, options, shared), awaited }
  })
}

/** How the parents show their children. */
interface ListedParents {
  /** The stream of the parents. */
  root: StreamEntry
  /** The ids of children are wanted, in case that their parent is gone. */
  areNamed: boolean
}

/** The children of some parents of a list. */
export async function* childArrivals(
  { feeds, endpoint, awaited }: ListChildren,
  { root, areNamed }: ListedParents,
  answer: ScannedAnswer,
  found: readonly Row[],
): AsyncGenerator<Arrival, void, void> {
  const { entry } = endpoint
  // Of a kind with a count of its own, the parent's record shows no ids.
  const isNamed = areNamed && !entry.child?.shown
  const rows = isNamed ? found.map((row) => ({ ...row, shown: shownIds(root, answer, row) })) : found
  for (const row of rows) awaited.delete(row.id)
  const shown = (row: Row) => countedChildren(entry, answer, row)
  const isWanted = (row: Row) => feeds.some((feed) => feed.wantsChildren(row)) && shown(row) !== 0
  if (entry.child?.batch) {
    const children = await readBatches(endpoint, entry.child.batch, answer, rows.filter(isWanted))
    yield deliveryOf(feeds, answer, rows, children)
    return
  }
  const shownBy = (row: Row) => shown(row) ?? shownChildren(root, answer, row)
  for await (const batch of readChildren(endpoint, [{ rows, isWanted, shownBy }]))
    yield deliveryOf(feeds, answer, batch.rows, batch.children)
}

/** Children that the last sync could not read, for parents that the list has not shown: it may leave some out. */
export async function* missedArrivals({ feeds, endpoint, awaited }: ListChildren): AsyncGenerator<Arrival, void, void> {
  for (const { parent, feeds: waiting } of awaited.values()) {
    const children = await findChildren(endpoint, parent)
    yield {
      take(sink) {
        for (const feed of waiting) feed.deliverChildren(parent, children, sink)
      },
    }
  }
  for await (const { parent, children } of askGoneAgain(endpoint))
    yield { take: (sink) => deliverToGone(feeds, parent, children, sink) }
}

function deliveryOf(
  feeds: readonly OpenFeed[],
  answer: ScannedAnswer,
  rows: readonly Row[],
  children: ReadonlyMap<Row, FoundChildren>,
): Arrival {
  return {
    take(sink) {
      for (const row of rows) for (const feed of feeds) feed.deliver({ answer, row, children: children.get(row) }, sink)
    },
  }
}
