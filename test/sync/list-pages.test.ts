import t, { type Test } from 'tap'
import { createRandom, integerBetween, pick } from '../../simulator/random.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { type EditedAnswer, editAnswers } from '../support/edited-answers.ts'
import { collectSync, judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

/** Lists that Intercom documents as one answer, and where their records are. */
const lists = {
  admins: [/^\/admins(\?|$)/, 'admins'],
  teams: [/^\/teams(\?|$)/, 'teams'],
  tags: [/^\/tags(\?|$)/, 'data'],
  contact_attributes: [/^\/data_attributes\?/, 'data'],
  segments: [/^\/segments\?/, 'segments'],
  company_segments: [/^\/companies\/[^/]+\/segments/, 'data'],
} as const
type Name = keyof typeof lists

interface Page {
  number: number
  last: number
  size: number
  url: URL
}

const host = 'http://127.0.0.1:9'
const notFound = '{"type":"error.list","errors":[{"code":"not_found","message":"Resource Not Found"}]}'

/** Ways to tell of the next page. */
const forms: Record<string, (page: Page) => object> = {
  'a cursor in an object': ({ number }) => ({ next: { page: number + 1, starting_after: String(number + 1) } }),
  'a cursor in a URL of another host': ({ number, url }) => ({
    next: `${host}${url.pathname}?starting_after=${number + 1}`,
  }),
  'a number in a URL': ({ number, url }) => ({ next: `${host}${url.pathname}?page=${number + 1}` }),
  'a number in an object': ({ number }) => ({ next: { page: number + 1 } }),
  'the number of pages alone': ({ number, last }) => ({ page: number, total_pages: last }),
}

/** An answer cut into pages. @param withhold items that are never given */
function paged(name: Name, { path, body }: EditedAnswer, form: (page: Page) => object, withhold = 0) {
  const [place, member] = lists[name]
  if (!place.test(path)) return {}
  const url = new URL(path, host)
  const answer = JSON.parse(body) as Record<string, object[]>
  const all = answer[member]
  if (all === undefined) return {}
  const number = Number(url.searchParams.get('starting_after') ?? url.searchParams.get('page') ?? 1)
  const size = Number(url.searchParams.get('per_page') ?? 2)
  const given = all.slice(0, all.length - withhold)
  const last = Math.ceil(given.length / size)
  const pages = number < last ? form({ number, last, size, url }) : { next: null, page: number, total_pages: last }
  const items = given.slice((number - 1) * size, number * size)
  return { body: JSON.stringify({ ...answer, [member]: items, pages, total_count: all.length }) }
}

async function setUp(t: Test, edit: (answer: EditedAnswer) => object) {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 200)
  const simulator = await listenSimulator(t, { companies: 30, segments: 6, contacts: 10, oddities: false, clock })
  const baseUrl = await editAnswers(t, simulator, edit)
  return { simulator, sync: (streams: string[]) => collectSync({ baseUrl, clock, streams }) }
}

const warnings = (messages: Buffer): string[] =>
  parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? [log.message] : []))

for (const [told, form] of Object.entries(forms))
  t.test(`every list is read to its last page: ${told}`, async (t) => {
    for (const name of Object.keys(lists) as Name[]) {
      const { simulator, sync } = await setUp(t, (answer) => paged(name, answer, form))
      const { messages, outcome } = await sync([name])
      t.equal(outcome?.failure, undefined)
      t.same((await judge(simulator, messages, { expectStreams: [name] })).faults, [], name)
      t.same(warnings(messages), [])
    }
  })

t.test('parts of a conversation on more than one page are read, too', async (t) => {
  const { simulator, sync } = await setUp(t, ({ path, body }) => {
    const { pathname, searchParams } = new URL(path, host)
    if (!/^\/conversations\/\d+$/.test(pathname)) return {}
    const answer = JSON.parse(body) as { conversation_parts: { conversation_parts: object[] } }
    const { conversation_parts: all } = answer.conversation_parts
    const isSecond = searchParams.get('starting_after') === 'second'
    const pages = { next: isSecond ? null : { starting_after: 'second' } }
    const conversation_parts = isSecond ? all.slice(1) : all.slice(0, 1)
    if (all.length < 2) return {}
    return {
      body: JSON.stringify({
        ...answer,
        conversation_parts: { ...answer.conversation_parts, conversation_parts, pages },
      }),
    }
  })
  const { messages, outcome } = await sync(['conversation_parts'])
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages, { expectStreams: ['conversation_parts'] })).faults, [])
})

t.test('pages that lead in circles fail loudly', async (t) => {
  for (const name of ['tags', 'segments'] as const) {
    const { sync } = await setUp(t, (answer) => paged(name, answer, () => ({ next: { page: 1 } })))
    await t.rejects(sync([name]), { code: 'intercom_loop' })
  }
  const { sync } = await setUp(t, (answer) => paged('company_segments', answer, () => ({ next: { page: 1 } })))
  const { outcome } = await sync(['company_segments'])
  t.match(outcome?.failure, { code: 'records_unreadable' })
})

t.test('a page that is not found is no sign that the parent has been deleted', async (t) => {
  const { sync } = await setUp(t, (answer) => {
    const { searchParams } = new URL(answer.path, host)
    if (lists.company_segments[0].test(answer.path) && searchParams.has('page')) return { status: 404, body: notFound }
    return paged('company_segments', answer, ({ number }) => ({ next: { page: number + 1 } }))
  })
  const { outcome } = await sync(['company_segments'])
  t.match(outcome?.failure, { code: 'records_unreadable' })
  t.ok((outcome?.streams[0]?.completeness?.retryIds ?? []).length > 0)
})

t.test('what goes or comes between any two pages moves nothing else out of sight', async (t) => {
  const kinds = ['delete', 'create', 'update'] as const
  for (let seed = 1; seed <= 60; seed++) {
    const random = createRandom(seed, 0x9a6e)
    const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 200)
    const stream = pick(random, ['tags', 'segments'] as const)
    const changes = Array.from({ length: integerBetween(random, 1, 4) }, () => ({
      after: integerBetween(random, 1, 12),
      mutations: [{ stream, kind: pick(random, kinds) }],
    }))
    const listPageSize = integerBetween(random, 2, 6)
    const sizes = { tags: 15, segments: 15, contacts: 1, companies: 1, conversations: 1, tickets: 1, activityLogs: 1 }
    const simulator = await listenSimulator(t, { ...sizes, seed, listPageSize, clock, script: changes })
    const startedAt = clock.now()
    const { messages } = await collectSync({ baseUrl: simulator.url, clock, streams: [stream] })
    const due = { visibleAt: startedAt, stillAt: clock.now(), expectStreams: [stream] }
    t.same((await judge(simulator, messages, due)).faults, [], `seed ${seed}: ${JSON.stringify(changes)}`)
  }
})

t.test('an empty page that says there is more is no end', async (t) => {
  const { sync } = await setUp(t, ({ path }) =>
    path.startsWith('/tags') ? { body: '{"data":[],"pages":{"next":{"starting_after":"x"}}}' } : {},
  )
  await t.rejects(sync(['tags']), { code: 'intercom_loop' })
})

t.test('pages that gave fewer than Intercom counts are read once more, in another size', async (t) => {
  for (const name of ['tags', 'segments'] as const) {
    const { simulator, sync } = await setUp(t, (answer) => {
      const isFirst = !answer.path.includes('per_page')
      return paged(name, answer, ({ number }) => ({ next: { page: number + 1 } }), isFirst ? 1 : 0)
    })
    const { messages } = await sync([name])
    t.same((await judge(simulator, messages, { expectStreams: [name] })).faults, [])
    t.same(warnings(messages), [])
  }
})

t.test(
  'a single page that holds fewer than Intercom counts is asked for once more, and what comes then is delivered',
  async (t) => {
    for (const [name, member] of [
      ['tags', 'data'],
      ['segments', 'segments'],
    ] as const) {
      let answers = 0
      const { simulator, sync } = await setUp(t, ({ path, body }) => {
        if (!lists[name][0].test(path) || answers++ > 0) return {}
        const answer = JSON.parse(body) as Record<string, object[]>
        const all = answer[member] ?? []
        return { body: JSON.stringify({ ...answer, [member]: all.slice(1), total_count: all.length }) }
      })
      const { messages } = await sync([name])
      t.ok(answers > 1)
      t.same(warnings(messages), [])
      t.same((await judge(simulator, messages, { expectStreams: [name] })).faults, [])
    }
  },
)

t.test('a list that stays short is delivered, and told with figures', async (t) => {
  for (const name of ['tags', 'segments'] as const) {
    const { simulator, sync } = await setUp(t, (answer) =>
      paged(name, answer, ({ number }) => ({ next: { page: number + 1 } }), 1),
    )
    const { messages, outcome } = await sync([name])
    t.equal(outcome?.failure, undefined)
    const all = simulator.workspace.collection(name).latest().length
    t.equal(recordsOf(messages, name).length, all - 1)
    t.match(warnings(messages), [`${name}: Intercom counts ${all} and gave ${all - 1}, twice`])
  }
})
