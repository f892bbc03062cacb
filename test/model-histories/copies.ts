import { randomUUID } from 'node:crypto'
import { truthOf } from '../../simulator/truth/truth.ts'
import { ask, type Model, streams, type World } from './world.ts'

/** Which of the contacts, in the order of their times, in percent. */
interface DrawnRange {
  from: number
  length: number
  /** Whether it has no end. */
  isOpen: boolean
}

/** A refresh delivers exactly the contacts of its time, and leaves the state where it is. */
export async function refreshAndCompare(world: World, { from, length, isOpen }: DrawnRange): Promise<void> {
  const lines = [...truthOf(world.simulator.workspace, { streams: ['contacts'] })].flatMap(
    ({ id, updatedAt, visibleUntil }) => (visibleUntil === null && updatedAt !== null ? [{ id, updatedAt }] : []),
  )
  const times = lines.map(({ updatedAt }) => updatedAt).toSorted((one, other) => one - other)
  const timeAt = (percent: number) => times[Math.min(times.length - 1, Math.floor((times.length * percent) / 100))] ?? 0
  const since = timeAt(from)
  const until = isOpen ? undefined : Math.max(since + 1, timeAt(from + length))
  const state = await stateOf(world)
  const range = { since: toTime(since), ...(until !== undefined && { until: toTime(until) }) }
  const started = await ask<{ jobId: number; code?: string }>(world, 'POST', `${world.path}/refresh`, {
    streams: ['contacts'],
    ...range,
  })
  if (started.body.code === 'connection_busy') return
  const records = await recordsOf(world, started.body.jobId)
  const expected = lines.filter(
    ({ updatedAt }) => updatedAt >= since && updatedAt < (until ?? Number.POSITIVE_INFINITY),
  )
  const names = (ids: string[]) => ids.toSorted().join()
  if (names(records) !== names(expected.map(({ id }) => id)))
    world.faults.push(
      `a refresh of ${JSON.stringify(range)} delivered ${records.length} contacts, not ${expected.length}`,
    )
  if ((await stateOf(world)) !== state) world.faults.push('a refresh has moved the state')
}

/** The ids of a job's records, once it has ended. */
async function recordsOf(world: World, jobId: number): Promise<string[]> {
  for (;;) {
    const { body } = await ask<{ status: string; messageCount: number }>(world, 'GET', `/v1/jobs/${jobId}?wait=50`)
    if (!['succeeded', 'failed', 'cancelled'].includes(body.status)) continue
    if (body.status !== 'succeeded') world.faults.push(`a refresh has ${body.status}`)
    const answer = await world.fleet.call('', `/v1/jobs/${jobId}/messages?follow=false`)
    const lines = (await answer.text().catch(() => '')).split('\n').filter((line) => line !== '')
    if (lines.length !== body.messageCount) continue
    return lines.flatMap((line) => {
      const { record } = JSON.parse(line) as { record?: { data: { id: string } } }
      return record ? [record.data.id] : []
    })
  }
}

async function stateOf(world: World): Promise<string> {
  return JSON.stringify((await ask(world, 'GET', `${world.path}/state`)).body)
}

function toTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** A clone has everything but state and jobs, and begins nothing by itself. */
export async function cloneAndCompare(world: World, { everyMinutes, skips }: Model): Promise<void> {
  const connectionId = randomUUID()
  const made = await ask(world, 'POST', `${world.path}/clone`, { connectionId })
  const path = `/v1/connections/${connectionId}`
  const { body } = await ask(world, 'GET', path)
  const state = await ask(world, 'GET', `${path}/state`)
  const shown = [made.status, namesOf(body), body.paused ?? false, body.onMissingPermission === 'skip', state.body]
  const expected = [201, streams, everyMinutes !== undefined, skips, []]
  if (JSON.stringify(shown) !== JSON.stringify(expected))
    world.faults.push(`a clone is ${JSON.stringify(shown)}, not ${JSON.stringify(expected)}`)
  await ask(world, 'DELETE', path)
}

function namesOf({ catalog }: Record<string, unknown>): string[] {
  return (catalog as { streams: { stream: { name: string } }[] }).streams.map(({ stream }) => stream.name)
}
