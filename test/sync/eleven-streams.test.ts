import t from 'tap'
import { streamNames } from '../../simulator/records/streams.ts'
import { listenSimulator } from '../simulator/listening-simulator.ts'
import { collectSync, judge, recordsOf } from '../support/engine.ts'

const expectStreams = [...streamNames]

for (const newestVersion of ['2.16', '2.17'])
  t.test(`API ${newestVersion}: all eleven streams, first and three times more with changes between`, async (t) => {
    const simulator = await listenSimulator(t, { contacts: 300, conversations: 400, companies: 250, newestVersion })
    const first = await collectSync({ baseUrl: simulator.url })
    t.equal(first.outcome?.failure, undefined)
    t.same((await judge(simulator, first.messages, { expectStreams })).faults, [])
    const quiet = await collectSync({ baseUrl: simulator.url, state: first.state })
    for (const stream of streamNames) t.equal(recordsOf(quiet.messages, stream).length, 0, `${stream} is quiet`)

    let { state } = quiet
    for (const round of [1, 2, 3]) {
      const changed = {
        contacts: simulator.workspace.mutate({ stream: 'contacts', kind: 'update', count: 5 }),
        conversations: simulator.workspace.mutate({ stream: 'conversations', kind: 'reply', count: 7 }),
        companies: simulator.workspace.mutate({ stream: 'companies', kind: 'update', count: 6 }),
        segments: simulator.workspace.mutate({ stream: 'segments', kind: 'update', count: 1 }),
      }
      const next = await collectSync({ baseUrl: simulator.url, state })
      for (const [stream, ids] of Object.entries(changed)) {
        const delivered = new Set(recordsOf(next.messages, stream).map(({ id }) => id))
        t.same(
          ids.filter((id) => !delivered.has(id)),
          [],
          `${stream}, round ${round}`,
        )
      }
      const parents = new Set(
        recordsOf(next.messages, 'conversation_parts').map(({ conversation_id }) => conversation_id),
      )
      t.ok(
        changed.conversations.every((id) => parents.has(id)),
        `parts, round ${round}`,
      )
      state = next.state
    }
  })
