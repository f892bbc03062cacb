import { randomUUID } from 'node:crypto'
import type { Fleet, Tenant } from './fleet.ts'
import type { Replacement } from './plan.ts'
import { otherThan, type Version } from './versions.ts'

/** A job that was started, as far as its caller knows it. */
export interface StartedJob {
  tenant: Tenant
  jobId: number
  epoch: string
  /** The request, as it can be sent again. */
  request: { body: string; key: string }
}

/** A job as the API shows it. */
export interface JobBody {
  jobId: number
  status: string
  messageCount: number
  logEpoch: string
  attempts: number
  failure?: { code: string; message: string }
}

const endedStatuses = new Set(['succeeded', 'failed', 'cancelled'])

/** @throws Error when no job is started */
export async function startJob(fleet: Fleet, version: Version, tenant: Tenant, job: object): Promise<StartedJob> {
  const request = { body: JSON.stringify(job), key: randomUUID() }
  const response = await post(fleet, version, tenant, request)
  if (response.status !== 202) throw new Error(`POST to the ${version} API: ${await response.text()}`)
  const { jobId, logEpoch } = (await response.json()) as JobBody
  return { tenant, jobId, epoch: logEpoch, request }
}

/** Sends a request for a job, also again. */
export function post(
  fleet: Fleet,
  version: Version,
  tenant: Tenant,
  { body, key }: StartedJob['request'],
  query = '',
): Promise<Response> {
  return fleet.call(version, tenant, `/v1/jobs${query}`, { method: 'POST', body, headers: { 'idempotency-key': key } })
}

/** Waits at both APIs in turn. */
export async function untilEnded(fleet: Fleet, { tenant, jobId }: StartedJob, first: Version): Promise<JobBody> {
  for (let version = first; ; version = otherThan(version)) {
    const job = (await (await fleet.call(version, tenant, `/v1/jobs/${jobId}?wait=20`)).json()) as JobBody
    if (endedStatuses.has(job.status)) return job
  }
}

export const messagesPath = ({ jobId, epoch }: StartedJob, after = 0): string =>
  `/v1/jobs/${jobId}/messages?after=${after}&epoch=${encodeURIComponent(epoch)}`

/** The whole log, as a version tells it. */
export async function readLog(fleet: Fleet, version: Version, job: StartedJob): Promise<string[]> {
  const lines: string[] = []
  const response = await fleet.call(version, job.tenant, messagesPath(job))
  if (response.status !== 200 || !(await takeLines(response, lines, () => undefined)))
    throw new Error(`the ${version} API gives no log of job ${job.jobId}: ${response.status}`)
  return lines
}

/** A job whose messages are read live. */
export interface LiveJob extends StartedJob {
  /** Resolves with all messages when the job has ended. */
  lines: Promise<string[]>
  /** How often the reader has gone on at the other version's API. */
  moves: () => number
}

/** Starts a live job; at each replacement the reader goes on at the other version's API. */
export async function startLive(
  fleet: Fleet,
  first: Version,
  job: object,
  replacements: readonly Replacement[],
): Promise<LiveJob> {
  const tenant = 'live'
  const request = { body: JSON.stringify(job), key: randomUUID() }
  let response = await fleet.call(first, tenant, '/v1/jobs?grace=60', {
    method: 'POST',
    body: request.body,
    headers: { 'idempotency-key': request.key, accept: 'application/x-ndjson' },
  })
  if (response.status !== 200) throw new Error(`live POST to the ${first} API: ${await response.text()}`)
  const jobId = Number(response.headers.get('location')?.split('/').at(-1))
  const started: StartedJob = { tenant, jobId, epoch: response.headers.get('log-epoch') ?? '', request }
  let moves = 0
  const read = async () => {
    const lines: string[] = []
    const pending = [...replacements]
    for (let version = first; ; version = otherThan(version)) {
      let replaced: Promise<void> | undefined
      const look = () => {
        if (replaced || lines.length < (pending[0]?.after ?? Number.POSITIVE_INFINITY)) return
        replaced = fleet.replaceApi(version, pending.shift()?.signal ?? 'SIGTERM')
      }
      const isWhole = await takeLines(response, lines, look)
      await replaced
      if (isWhole) return lines
      if (!replaced) throw new Error(`the ${version} API has cut the messages of job ${jobId} after ${lines.length}`)
      moves++
      response = await fleet.call(otherThan(version), tenant, `${messagesPath(started, lines.length)}&follow=true`)
      if (response.status !== 200) throw new Error(`the ${otherThan(version)} API: ${await response.text()}`)
    }
  }
  return { ...started, lines: read(), moves: () => moves }
}

/** Adds whole lines of a body to those held. Returns whether it came to its end. @param look called after each piece */
async function takeLines(response: Response, lines: string[], look: () => void): Promise<boolean> {
  let rest = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const pieces = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = pieces.pop() ?? ''
      for (const line of pieces) if (line !== '') lines.push(line)
      look()
    }
    return true
  } catch {
    // Cut: what came whole is held.
    return false
  }
}
