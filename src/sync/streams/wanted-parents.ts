import type { FoundChildren } from '../completion/ask-children.ts'
import type { Parent } from '../completion/pending-parents.ts'
import type { Sink } from '../contract/walk.ts'
import type { OpenFeed } from './open-feed.ts'

/** A parent whose children the last sync could not read, and the streams that wait for them. */
export interface WantedParent {
  parent: Parent
  feeds: readonly OpenFeed[]
}

/** Streams that share a walk may wait for different parents, because each has its own state. Each parent comes once. */
export function wantedParents(feeds: readonly OpenFeed[]): WantedParent[] {
  const waitsFor = (feed: OpenFeed, id: string) => Object.hasOwn(feed.previous?.retryIds ?? {}, id)
  const times = new Map(feeds.flatMap(({ previous }) => Object.entries(previous?.retryIds ?? {})))
  return [...times].map(([id, updatedAt]) => ({
    parent: { id, updatedAt },
    feeds: feeds.filter((feed) => waitsFor(feed, id)),
  }))
}

/** Delivers what Intercom has said again about a parent that seemed gone, to the streams that wait for it. */
export function deliverToGone(feeds: readonly OpenFeed[], parent: Parent, children: FoundChildren, sink: Sink): void {
  for (const feed of feeds) if (feed.pendingParents.gone().has(parent.id)) feed.deliverChildren(parent, children, sink)
}
