import { api, resultOf } from './client.ts'
import type { CurlCall } from './curl.ts'
import type { Job } from './types.ts'

/** Starts a sync of a source. */
export async function startSync(connectionId: string): Promise<Job> {
  // The description also has the messages themselves as an answer, to whoever accepts them.
  const call = api.POST('/v1/jobs', { body: { connectionId } }) as Promise<{
    data?: Job
    error?: unknown
    response: Response
  }>
  return resultOf(call)
}

/** The same as a line for a shell. */
export function cancelCall({ jobId, logEpoch }: Pick<Job, 'jobId' | 'logEpoch'>): CurlCall {
  return { method: 'DELETE', path: `v1/jobs/${jobId}?epoch=${encodeURIComponent(logEpoch)}` }
}

/** Asks for the end of a sync. */
export async function cancelSync({ jobId, logEpoch }: Pick<Job, 'jobId' | 'logEpoch'>): Promise<void> {
  const params = { path: { jobId }, query: { epoch: logEpoch } }
  await resultOf(api.DELETE('/v1/jobs/{jobId}', { params }))
}
