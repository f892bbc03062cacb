import t from 'tap'
import { createSkippingClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const now = Date.UTC(2026, 4, 5, 12)

t.test('what the index shows only after its slice was read is not lost, however long the sync takes', async (t) => {
  const clock = createSkippingClock(now, 100)
  const simulator = await listenSimulator(t, { contacts: 20, conversations: 80, clock, indexLagMs: 200_000 })
  const late = simulator.workspace.mutate({ stream: 'conversations', kind: 'update', count: 3 })
  clock.advance(1000)
  // The whole first page comes at once; then the sync is slow, as with a million records before the tail is asked for.
  const baseUrl = await editAnswers(t, simulator, ({ asked }) => {
    if (asked.includes('"per_page":150') && clock.now() < now + 3_600_000) clock.advance(3_600_000)
    return {}
  })
  const options = { baseUrl, clock, streams: ['conversations'] }
  const first = await collectSync(options)
  const second = await collectSync({ ...options, state: first.state })
  const times = (messages: Buffer) =>
    recordsOf(messages, 'conversations').map(({ id, updated_at }) => `${id} ${updated_at}`)
  const delivered = new Set([...times(first.messages), ...times(second.messages)])
  const changed = [...simulator.workspace.truth({ streams: ['conversations'] })]
    .filter(({ id, visibleUntil }) => visibleUntil === null && late.includes(id))
    .map(({ id, updatedAt }) => `${id} ${updatedAt}`)
  t.same(
    changed.filter((version) => !delivered.has(version)),
    [],
  )
  const third = await collectSync({ ...options, state: second.state })
  t.same(recordsOf(third.messages, 'conversations'), [], 'and then nothing comes again')
})
