import type { IntercomClient } from '../../intercom/client.ts'
import type { Workspace } from '../../intercom/endpoints/workspace.ts'
import type { FeedContext } from '../streams/open-feed.ts'

/** What estimating a walk needs. */
export interface EstimateContext extends Pick<FeedContext, 'config' | 'client' | 'until'> {
  workspace: Promise<Workspace>
}

/** The same client, and how many requests have been made with it. */
export function countingRequests(client: IntercomClient): { client: IntercomClient; made: () => number } {
  let made = 0
  const ask: IntercomClient['ask'] = (request, read) => {
    made++
    return client.ask(request, read)
  }
  return { client: { ...client, ask }, made: () => made }
}
