import t from 'tap'
import type { Simulator } from '../../simulator/app.ts'
import type { SimulatorOptions } from '../../simulator/options.ts'
import type { Checkpoint } from '../../src/sync/contract/commit.ts'
import { createSkippingClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { type Collected, collectSync, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const now = Date.UTC(2026, 4, 5, 12)
const day = 86_400_000
const family = ['conversation_parts', 'conversations']

const idsOf = (messages: Buffer, stream: string) => recordsOf(messages, stream).map(({ id }) => String(id))

/** The ids of all there is of a stream. */
const truthOf = ({ workspace }: Simulator, stream: string) =>
  [...workspace.truth({ streams: [stream] })].filter(({ visibleUntil }) => visibleUntil === null).map(({ id }) => id)

/** The messages up to the STATE, and the job's state as of it. */
function upTo({ commits }: Collected, wanted: (checkpoint: Checkpoint) => boolean): { held: Buffer; state: unknown } {
  const lines: string[] = []
  for (const { body, checkpoints } of commits) {
    const texts = body.toString().split('\n').filter(Boolean)
    const found = checkpoints.find(wanted)
    lines.push(...texts.slice(0, found ? found.messageIndex : texts.length))
    if (found)
      return {
        held: Buffer.from(`${lines.join('\n')}\n`),
        state: {
          type: 'STREAM',
          stream: { stream_descriptor: { name: found.streamName }, stream_state: found.streamState },
        },
      }
  }
  throw new Error('there is no such STATE')
}

/** A workspace that answers slowly, so that there is a STATE after nearly every answer. */
async function slowWorkspace(
  t: { teardown(close: () => unknown): void },
  options: SimulatorOptions,
  edit: (body: string) => string = (body) => body,
) {
  const clock = createSkippingClock(now, 100)
  const span = { from: (now - 40 * day) / 1000, to: (now - day) / 1000 }
  const simulator = await listenSimulator(t, { span, oddities: false, ...options, clock })
  const baseUrl = await editAnswers(t, simulator, ({ body }) => {
    clock.advance(4000)
    return { body: edit(body) }
  })
  return { simulator, request: { baseUrl, clock }, advance: clock.advance }
}

interface Walk {
  slices: [from: number, to: number, progress: 'done' | { ahead?: string[] }][]
}

/** Records of a page whose rest is still to come. */
const aheadOf = ({ streamState }: Checkpoint) =>
  ((streamState.intercom_sync as { walk?: Walk }).walk?.slices ?? []).flatMap(([, , progress]) =>
    progress === 'done' ? [] : (progress.ahead ?? []),
  ).length

t.test('two streams of one walk that stand at different places of a page go on without a gap', async (t) => {
  const { simulator, request } = await slowWorkspace(t, { contacts: 0, conversations: 145 })
  const job = await collectSync({ ...request, streams: family })
  const inPage = job.commits.flatMap(({ checkpoints }) => checkpoints).filter((one) => aheadOf(one) > 0)
  const of = (stream: string) => inPage.filter(({ streamName }) => streamName === stream)
  for (const [place, other] of [
    [0, -1],
    [-1, 0],
  ]) {
    const [parts, conversations] = [of('conversation_parts').at(place ?? 0), of('conversations').at(other ?? 0)]
    const kept = [parts, conversations].map((state) => upTo(job, (one) => one === state))
    t.not(parts && aheadOf(parts), conversations && aheadOf(conversations))
    const rest = await collectSync({ ...request, streams: family, state: kept.map(({ state }) => state) })
    for (const [index, stream] of family.entries()) {
      const held = kept[index]?.held ?? Buffer.alloc(0)
      const came = new Set([...idsOf(held, stream), ...idsOf(rest.messages, stream)])
      const missing = truthOf(simulator, stream).filter((id) => !came.has(id))
      t.same(missing, [], `${stream} after ${held.length} bytes`)
    }
  }
})

for (const cursorsOpaque of [false, true])
  for (const api_version of ['2.16', '2.17'])
    t.test(
      `API ${api_version}: rows that are newer than their place move no state too far${cursorsOpaque ? ', cursors or not' : ''}`,
      async (t) => {
        const lag = 50 * 60_000
        const options = { contacts: 360, largestPage: 20, aheadOfIndex: 0.5, cursorsOpaque, indexLagMs: lag }
        const { simulator, request, advance } = await slowWorkspace(t, options)
        const config = { access_token: 'simulator-token', api_version }
        simulator.workspace.mutate({ kind: 'update', count: 90 })
        for (const syncMode of ['incremental', 'full_refresh']) {
          const streams = [{ name: 'contacts', syncMode }]
          const job = await collectSync({ ...request, config, streams })
          const states = job.commits.flatMap(({ checkpoints }) => checkpoints)
          t.ok(states.length >= 7, `${states.length} states`)
          for (const [place, state] of states.entries()) {
            const { held, state: given } = upTo(job, (one) => one === state)
            // Then the state's second has to tell where to go on.
            simulator.faults.clear()
            simulator.faults.next([{ match: { path: '/contacts/search', paged: true }, status: 400 }])
            const rest = await collectSync({ ...request, config, streams, state: [given] })
            const came = new Set(
              [held, rest.messages].flatMap((messages) => recordsOf(messages, 'contacts').map(({ id }) => id)),
            )
            t.equal(came.size, options.contacts, `${syncMode}, state ${place + 1}`)
          }
        }
        // The last state leads to no second page.
        simulator.faults.clear()
        t.ok((simulator.requests.totals.byStatus[400] ?? 0) > 0)
        advance(2 * lag)
      },
    )

t.test(
  'a search that fails down to single records loses none of the others to a row newer than its place',
  async (t) => {
    const options = { contacts: 200, aheadOfIndex: 0.3, indexLagMs: 50 * 60_000 }
    const { simulator, request } = await slowWorkspace(t, options)
    simulator.workspace.mutate({ kind: 'update', count: 60 })
    const [poison] = simulator.workspace.collection('contacts').latest()
    const id = poison?.plan.id ?? ''
    simulator.faults.traps = [{ stream: 'contacts', holds: id, status: 504 }]
    const config = { access_token: 'simulator-token', api_version: '2.17' }
    const { messages, outcome } = await collectSync({ ...request, config, streams: ['contacts'] })
    const came = new Set(recordsOf(messages, 'contacts').map((record) => record.id))
    const missing = simulator.workspace
      .collection('contacts')
      .latest()
      .map(({ plan }) => plan.id)
      .filter((one) => !came.has(one))
    t.same(missing, [id])
    t.equal(outcome?.failure?.code, 'records_unreadable')
  },
)

t.test('a single record that search holds at its old place for days moves no state too far', async (t) => {
  const options = { contacts: 120, largestPage: 10, aheadOfIndex: 1, cursorsOpaque: true }
  // Nothing is counted: a count would show that records are missing, and they would be read after all.
  const uncounted = (body: string) => {
    const { total_count: _, ...page } = JSON.parse(body) as Record<string, unknown>
    return JSON.stringify(page)
  }
  const { simulator, request, advance } = await slowWorkspace(t, options, uncounted)
  const records = simulator.workspace.collection('contacts').latest()
  const old = records.toSorted((one, other) => (one.plan.updatedAt ?? 0) - (other.plan.updatedAt ?? 0))[19]
  simulator.workspace.mutate({ kind: 'update', ids: [old?.plan.id ?? ''], lagMs: 20 * day })
  advance(5 * day)
  simulator.workspace.mutate({ kind: 'create', count: 40 })
  advance(day)
  const config = { access_token: 'simulator-token', api_version: '2.17' }
  const job = await collectSync({ ...request, config, streams: ['contacts'] })
  for (const state of job.commits.flatMap(({ checkpoints }) => checkpoints)) {
    const { held, state: given } = upTo(job, (one) => one === state)
    simulator.faults.clear()
    simulator.faults.next([{ match: { path: '/contacts/search', paged: true }, status: 400 }])
    const rest = await collectSync({ ...request, config, streams: ['contacts'], state: [given] })
    const came = new Set([held, rest.messages].flatMap((messages) => idsOf(messages, 'contacts')))
    t.equal(came.size, 160)
  }
  simulator.faults.clear()
  t.ok((simulator.requests.totals.byStatus[400] ?? 0) > 0)
})
