import { api, resultOf } from './client.ts'
import type { Job } from './types.ts'

/** Starts a sync of a connection. */
export async function startSync(connectionId: string): Promise<Job> {
  // The description also has the messages themselves as an answer, to whoever accepts them.
  const call = api.POST('/v1/jobs', { body: { connectionId } }) as Promise<{
    data?: Job
    error?: unknown
    response: Response
  }>
  return resultOf(call)
}
