import { api, resultOf } from '../api/client.ts'
import type { Job } from '../api/types.ts'

export function loadJob(jobId: number, signal: AbortSignal): Promise<Job> {
  return resultOf(api.GET('/v1/jobs/{jobId}', { params: { path: { jobId } }, signal }))
}
