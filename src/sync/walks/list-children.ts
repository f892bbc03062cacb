import type { ScannedAnswer } from '../../intercom/text/record-scanner.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { type ChildEndpoint, childEndpoint, type FoundChildren, findChildren } from '../completion/ask-children.ts'
import { readBatches } from '../completion/batches.ts'
import { askGoneAgain, readChildren } from '../completion/children.ts'
import { createGoneParents } from '../completion/gone-parents.ts'
import { createRecheckLimit } from '../completion/patience.ts'
import { countedChildren, shownChildren } from '../completion/shown-children.ts'
import type { Arrival } from '../contract/walk.ts'
import type { Row } from '../pages/search-pages.ts'
import { heldText } from '../streams/deliver-record.ts'
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

/** Some records of a list. */
export interface PageOfRecords {
  answer: ScannedAnswer
  rows: readonly Row[]
}

/** The children of a list's records. @param root the stream of the parents */
export async function* childArrivals(
  children: ListChildren,
  root: StreamEntry,
  pages: AsyncIterable<PageOfRecords>,
): AsyncGenerator<Arrival, void, void> {
  const { feeds, endpoint } = children
  const parents = parentPages(children, root, pages)
  const { batch } = endpoint.entry.child ?? {}
  if (!batch)
    for await (const { page, ...found } of readChildren(endpoint, parents))
      yield deliveryOf(feeds, root, page.answer, found)
  else
    for await (const { answer, rows, isWanted } of parents) {
      const found = await readBatches(endpoint, batch, answer, rows.filter(isWanted))
      yield deliveryOf(feeds, root, answer, { rows, children: found })
    }
}

async function* parentPages(
  { feeds, endpoint, awaited }: ListChildren,
  root: StreamEntry,
  pages: AsyncIterable<PageOfRecords>,
) {
  const { entry } = endpoint
  for await (const { answer, rows } of pages) {
    for (const row of rows) awaited.delete(row.id)
    const shown = (row: Row) => countedChildren(entry, answer, row)
    const isWanted = (row: Row) => feeds.some((feed) => feed.wantsChildren(row)) && shown(row) !== 0
    const shownBy = (row: Row) => shown(row) ?? shownChildren(root, answer, row)
    yield { answer, rows, isWanted, shownBy }
  }
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
  { name }: StreamEntry,
  answer: ScannedAnswer,
  { rows, children }: { rows: readonly Row[]; children: ReadonlyMap<Row, FoundChildren> },
): Arrival {
  return {
    take(sink) {
      for (const row of rows) {
        const found = { answer, row, children: children.get(row) }
        if (found.children === 'gone') sink.mayBeGone?.(name, row.id, () => heldText(found))
        for (const feed of feeds) feed.deliver(found, sink)
      }
    },
  }
}
