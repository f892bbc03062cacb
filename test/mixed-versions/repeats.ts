import type { Comparing } from './comparisons.ts'
import { type JobBody, post, type StartedJob } from './jobs.ts'
import type { Version } from './versions.ts'

/** The same request under the same key leads to the same job at the other version, another request under it to none. */
export async function repeatAtOther(
  { fleet, figures, tell }: Comparing,
  job: StartedJob,
  other: Version,
): Promise<void> {
  const again = await post(fleet, other, job.tenant, job.request)
  const { jobId } = (await again.json()) as JobBody
  if (again.status !== 202 || jobId !== job.jobId || again.headers.get('idempotent-replayed') !== 'true')
    tell(`job ${job.jobId} asked for again at the ${other} API: ${again.status}, job ${jobId}`)
  const body = JSON.stringify({ ...JSON.parse(job.request.body), streams: ['tags'] })
  const different = await post(fleet, other, job.tenant, { ...job.request, body })
  if (different.status !== 422) tell(`another body under a key that was used: ${different.status}`)
  figures.count('repeats', 2)
}

/** A connection that has a job at one version has it at the other one: it is busy, and the job can be joined. */
export async function joinAtOther(
  { fleet, figures, tell }: Comparing,
  job: StartedJob,
  body: object,
  other: Version,
): Promise<void> {
  const ask = (query: string) =>
    fleet.call(other, job.tenant, `/v1/jobs${query}`, { method: 'POST', body: JSON.stringify(body) })
  const busy = await ask('')
  const { jobId } = (await busy.json()) as JobBody
  if (busy.status !== 409 || jobId !== job.jobId) tell(`a connection with a job, at the ${other} API: ${busy.status}`)
  const joined = await ask('?onConflict=join')
  const same = (await joined.json()) as JobBody
  if (joined.status !== 202 || same.jobId !== job.jobId)
    tell(`job ${job.jobId} joined at the ${other} API: ${joined.status}, job ${same.jobId}`)
  figures.count('repeats', 2)
}
