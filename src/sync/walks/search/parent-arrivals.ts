import { findChildren } from '../../completion/ask-children.ts'
import { askGoneAgain } from '../../completion/children.ts'
import type { Arrival } from '../../contract/walk.ts'
import type { Traversal } from './traversal.ts'

/** Children that the last sync could not read. They come first, parent by parent. */
export async function* retryArrivals({ reading, planned }: Traversal): AsyncGenerator<Arrival, void, void> {
  const { childFeed } = reading
  if (!childFeed || planned.retried) return
  const endpoint = reading.childEndpoint(childFeed, planned.endpoint.version)
  for (const [id, updatedAt] of Object.entries(childFeed.previous?.retryIds ?? {})) {
    const parent = { id, updatedAt }
    const children = await findChildren(endpoint, parent)
    yield { take: (sink) => childFeed.deliverChildren(parent, children, sink) }
  }
  yield {
    take() {
      planned.retried = true
    },
  }
}

/** Parents that are gone according to Intercom. It is asked once more, because we trust only a second answer. */
export async function* goneArrivals({ reading, planned }: Traversal): AsyncGenerator<Arrival, void, void> {
  const { childFeed } = reading
  if (!childFeed) return
  for await (const { parent, children } of askGoneAgain(reading.childEndpoint(childFeed, planned.endpoint.version)))
    yield { take: (sink) => childFeed.deliverChildren(parent, children, sink) }
}
