import t from 'tap'
import { defaultToken } from '../../simulator/options.ts'
import type { SyncRequest } from '../../src/sync/contract/sync-request.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { collectSync } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitTo } from '../support/store.ts'

const server = await startRedis(t)
const api = await startApp(t, server, { limits: { requestsPerMinute: 1_000_000 } })
const connection = '/v1/connections/main'

const json = (method: string, body: unknown) => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const okay = async (response: Promise<Response>) => {
  const { ok, url, status } = await response
  if (!ok) throw new Error(`${url} answered ${status}`)
  return (await response).json() as Promise<unknown>
}

const recordsOf = (lines: string[]) => lines.filter((line) => line.startsWith('{"type":"RECORD"')).map(identityOf)

/** Stream and id: what no prefix may lose. */
function identityOf(line: string): string {
  const { record } = JSON.parse(line) as { record: { stream: string; data: { id: string } } }
  return `${record.stream} ${record.data.id}`
}

/** A job of the connection as its worker has it. */
async function beginJob({ store, fetch }: TestApp) {
  const { jobId } = (await okay(fetch('/v1/jobs', json('POST', { connectionId: 'main' })))) as { jobId: number }
  return beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
}

const workspaces = [
  { seed: 1, streams: ['contacts', 'tags'], contacts: 180 },
  { seed: 2, streams: ['contacts', 'tags'], contacts: 180 },
  { seed: 3, streams: ['conversations', 'contacts', 'segments'], contacts: 80, conversations: 80 },
]
let prefixes = 0

for (const { streams, ...options } of workspaces) {
  t.test(
    `workspace ${options.seed}: whatever a client held when it died, the next job delivers all the rest`,
    async (t) => {
      const simulator = await listenSimulator(t, { ...options, longConversations: 0, oddities: false })
      // Hours pass between answers, so that a STATE comes as often as the engine ever gives one.
      const clock = createAcceleratedClock(Date.now(), 2000)
      const syncOf = (states: SyncRequest['states']) =>
        collectSync({ baseUrl: simulator.url, clock, streams, state: states })
      const recordsAfter = async (states: SyncRequest['states']) =>
        recordsOf((await syncOf(states)).messages.toString().split('\n'))
      const first = await syncOf({})
      const lines = first.messages.toString().split('\n').slice(0, -1)
      const delivered = lines.map((line) => recordsOf([line]))
      const all = new Set(delivered.flat())
      await okay(
        api.fetch(`${connection}?validate=false`, json('PUT', { config: { access_token: defaultToken }, streams })),
      )

      const syncs = new Map<string, string[]>()
      const lost: string[] = []
      let fewest = Infinity
      for (let held = 0; held <= lines.length; held++) {
        prefixes++
        await okay(api.fetch(`${connection}/state`, { method: 'DELETE' }))
        let job = await beginJob(api)
        for (const [number, commit] of first.commits.entries()) {
          job = await commitTo(api.store, job, `1-${number}`, commit)
        }
        await okay(api.fetch(`/v1/jobs/${job.jobId}/ack`, json('POST', { offset: held })))
        await api.store.attempts.end(job.jobId, 1, { status: 'failed' })

        const next = await beginJob(api)
        const { states } = next.openRequest()
        await api.store.attempts.end(next.jobId, 1, { status: 'failed' })
        // Equal states lead to equal syncs: Intercom does not change meanwhile.
        const key = JSON.stringify(states)
        const rest = syncs.get(key) ?? (await recordsAfter(states))
        syncs.set(key, rest)
        fewest = Math.min(fewest, rest.length)
        const got = new Set([...delivered.slice(0, held).flat(), ...rest])
        lost.push(...[...all].filter((identity) => !got.has(identity)).map((identity) => `held ${held}: ${identity}`))
      }
      t.comment(`${all.size} records, ${syncs.size} different states, ${fewest} records in the shortest next job`)
      t.ok(syncs.size > 1, 'some acknowledgement moved the state')
      t.ok(fewest < all.size, 'and spared the next job something')
      t.same(lost, [])
    },
  )
}

t.test('so many prefixes were tried', async (t) => {
  t.ok(prefixes >= 500, `${prefixes} prefixes`)
})
