import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../../src/json-object.ts'
import { streamOf } from '../schedules/stored-states.ts'
import type { Figures } from './figures.ts'
import { type Fleet, type Tenant, tenants } from './fleet.ts'
import { readLog, type StartedJob } from './jobs.ts'
import { otherThan, versions } from './versions.ts'

/** What comparisons work with. */
export interface Comparing {
  fleet: Fleet
  figures: Figures
  tell(fault: string): void
}

/**
 * The new version tells everything that the old one does.
 *
 * @param presentPath how the new version is asked for the same
 * @returns the new one's answer
 */
export async function compareAnswers(
  { fleet, figures, tell }: Comparing,
  tenant: Tenant,
  path: string,
  presentPath = path,
): Promise<unknown> {
  const [old, present] = await Promise.all(
    versions.map(async (version) => {
      const response = await fleet.call(version, tenant, version === 'new' ? presentPath : path)
      return { status: response.status, body: inWholeSeconds(await response.json()) }
    }),
  )
  if (old?.status !== 200 || !tellsAll(present, old))
    tell(`${path}: ${JSON.stringify(old)} from the old version, ${JSON.stringify(present)} from the new one`)
  figures.count('comparisons')
  return present?.body
}

/** Whether there is all that the old version tells; members that came later may stand beside it. */
function tellsAll(present: unknown, old: unknown): boolean {
  if (Array.isArray(old))
    return (
      Array.isArray(present) &&
      present.length === old.length &&
      old.every((item, place) => tellsAll(present[place], item))
    )
  if (!isObject(old)) return present === old
  return isObject(present) && Object.entries(old).every(([name, value]) => tellsAll(present[name], value))
}

/** The old version gives durations in whole seconds. */
function inWholeSeconds(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body).replace(/("duration":"PT(?:\d+[HM])*)(\d+)\.\d+S/g, '$1$2S'), dropZero)
}

/** `PT1M0S` is written `PT1M`. */
function dropZero(name: string, value: unknown): unknown {
  return name === 'duration' && typeof value === 'string' ? value.replace(/([HM])0S$/, '$1') : value
}

/** Both versions give a job, its states and its messages alike. @returns the messages */
export async function compareJob(comparing: Comparing, job: StartedJob, offsets: readonly number[]): Promise<string[]> {
  const { fleet, figures, tell } = comparing
  const { tenant, jobId, epoch } = job
  await compareAnswers(comparing, tenant, `/v1/jobs/${jobId}?epoch=${encodeURIComponent(epoch)}`)
  for (const at of offsets)
    await compareAnswers(comparing, tenant, `/v1/jobs/${jobId}/state?at=${at}&epoch=${encodeURIComponent(epoch)}`)
  const [old = [], present = []] = await Promise.all(versions.map((version) => readLog(fleet, version, job)))
  if (!isDeepStrictEqual(old, present)) tell(`job ${jobId}: the two versions give other messages`)
  figures.count('comparisons')
  return present
}

/** Both versions list jobs and connections alike. */
export async function compareLists(comparing: Comparing): Promise<void> {
  for (const tenant of tenants) await compareAnswers(comparing, tenant, '/v1/jobs?limit=50')
  await compareAnswers(comparing, 'connected', '/v1/jobs?status=succeeded&limit=10')
  // 0.1.0 always lists connections with their catalogs, and does not know the parameter.
  const withCatalogs = '/v1/connections?limit=50&include=catalog'
  const { status } = await comparing.fleet.call('old', 'connected', withCatalogs)
  await compareAnswers(comparing, 'connected', status === 200 ? withCatalogs : '/v1/connections?limit=50', withCatalogs)
}

/** Each state, whoever wrote it, can be put to both versions, and the other one gives it back. */
export async function exchangeStates(
  comparing: Comparing,
  connectionId: string,
  states: readonly object[],
): Promise<void> {
  const { fleet, figures, tell } = comparing
  for (const state of states) {
    const path = `/v1/connections/${connectionId}/state?stream=${encodeURIComponent(streamOf(state))}`
    for (const version of versions) {
      const put = await fleet.call(version, 'connected', path, { method: 'PUT', body: JSON.stringify([state]) })
      const answer = await put.text()
      const read = await fleet.call(otherThan(version), 'connected', path)
      if (put.status !== 200 || !isDeepStrictEqual(await read.json(), [bare(state)]))
        tell(`${JSON.stringify(state)} put to the ${version} version is not given back: ${put.status} ${answer}`)
    }
    figures.count('states')
  }
}

/** Without what a message counts beside the state. */
function bare(state: object): object {
  const { sourceStats: _, ...rest } = state as { sourceStats?: object }
  return rest
}
