import t, { type Test } from 'tap'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, parseLines } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const streams = ['conversation_parts']

interface Conversation {
  conversation_parts: { total_count: number }
  statistics: { count_conversation_parts: number } | null
}

/** What a sync of the parts alone has to say when the conversations tell of their parts as said. */
async function told(t: Test, tell: (conversation: Conversation) => Conversation) {
  const simulator = await listenSimulator(t, { conversations: 200, longConversations: 2, oddities: false })
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) =>
    /^\/conversations\/\d+$/.test(path) ? { body: JSON.stringify(tell(JSON.parse(body))) } : {},
  )
  const { messages, outcome } = await collectSync({ baseUrl, streams })
  t.equal(outcome?.failure, undefined)
  const warnings = parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? [log.message] : []))
  return { warnings: warnings.toSorted(), capped: outcome?.streams[0]?.completeness?.capped }
}

t.test('parts that cannot be had are told of where the count of the list stops at 500', async (t) => {
  const { warnings, capped } = await told(t, (conversation) => {
    const { conversation_parts: list } = conversation
    return {
      ...conversation,
      conversation_parts: { ...list, total_count: Math.min(500, list.total_count) },
      statistics: { count_conversation_parts: list.total_count + 1 },
    }
  })
  t.match(warnings, [/has 501, Intercom gives the newest 500 only/, /has 640, Intercom gives the newest 500 only/])
  t.equal(warnings.length, 2, 'and of no other conversation')
  t.equal(capped, 2)
})

t.test('without statistics the count of the list is what is known', async (t) => {
  const { warnings, capped } = await told(t, (conversation) => ({ ...conversation, statistics: null }))
  t.equal(warnings.length, 2)
  t.equal(capped, 2)
})
