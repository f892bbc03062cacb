import t, { type Test } from 'tap'
import type { DeliveryLedger } from '../../simulator/oracle/delivery-check.ts'
import { collectSync, joined, judge, recordsOf } from '../support/engine.ts'
import { openWorld } from '../support/moving-world.ts'

const streams = ['conversations', 'conversation_parts']
const changed = 60
const startsAt = Date.UTC(2026, 4, 5)

/**
 * Conversations change while an increment is read, more than are handed on at a time; the attempt dies, and some of
 * those whose parts it has delivered get another reply before the next attempt reads the tail again.
 *
 * @returns whether the attempt had read the tail to its end before it was to die: what comes then is the next sync's
 */
async function replyAfter(t: Test, stopAfter: number): Promise<boolean> {
  const options = { conversations: changed, oddities: false, indexLagMs: 0 }
  await using world = await openWorld({ seed: 1, startsAt, options })
  const { clock, baseUrl, simulator } = world
  const ledger: DeliveryLedger = new Map()
  const first = await collectSync({ baseUrl, clock, streams })
  await judge(simulator, first.messages, { ledger })

  clock.advance(3_600_000)
  simulator.live.follow([{ after: 2, mutations: [{ kind: 'update', stream: 'conversations', count: changed }] }])
  const request = { baseUrl, clock, streams, state: first.state }
  const { commits, messages, outcome } = await collectSync({ ...request, stopAfter })
  if (outcome || recordsOf(messages, 'conversations').length === changed) return true
  const parents = new Set(recordsOf(messages, 'conversation_parts').map(({ conversation_id: id }) => String(id)))
  if (parents.size > 0)
    simulator.workspace.mutate({ kind: 'reply', stream: 'conversations', ids: [...parents].slice(0, 5) })
  const rest = await collectSync({ ...request, held: commits })
  const { faults } = await judge(simulator, joined([...commits, ...rest.commits]).messages, { ledger })
  t.same(faults, [], `after ${stopAfter} commits, ${parents.size} conversations with their parts`)
  return false
}

t.test(
  'a conversation that changes between two attempts brings its parts, wherever the first had come to',
  async (t) => {
    let stopAfter = 1
    while (!(await replyAfter(t, stopAfter))) stopAfter++
    t.ok(stopAfter > 3)
  },
)
