import { findChildren } from '../../completion/ask-children.ts'
import { askGoneAgain } from '../../completion/children.ts'
import type { Arrival } from '../../contract/walk.ts'
import { deliverToGone, wantedParents } from '../../streams/wanted-parents.ts'
import type { Traversal } from './traversal.ts'

/** Children that the last sync could not read. They come first, parent by parent. */
export async function* retryArrivals({ reading, planned }: Traversal): AsyncGenerator<Arrival, void, void> {
  const endpoint = reading.childEndpoint(planned.endpoint.version)
  if (!endpoint || planned.retried) return
  for (const { parent, feeds } of wantedParents(reading.childFeeds)) {
    const children = await findChildren(endpoint, parent)
    yield {
      take(sink) {
        for (const feed of feeds) feed.deliverChildren(parent, children, sink)
      },
    }
  }
  yield {
    take() {
      planned.retried = true
    },
  }
}

/** Parents that are gone according to Intercom. It is asked once more, because we trust only a second answer. */
export async function* goneArrivals({ reading, planned }: Traversal): AsyncGenerator<Arrival, void, void> {
  const endpoint = reading.childEndpoint(planned.endpoint.version)
  if (!endpoint) return
  for await (const { parent, children } of askGoneAgain(endpoint))
    yield { take: (sink) => deliverToGone(reading.childFeeds, parent, children, sink) }
}
