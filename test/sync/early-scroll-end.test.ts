import t from 'tap'
import type { Fault } from '../../simulator/faults/fault.ts'
import type { Commit } from '../../src/sync/contract/commit.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const streams = ['companies']
const list = { path: '/companies/list' }
/** Five pages of companies that all have users. */
const workspace = { companies: 500, omitUserlessCompanies: false, oddities: false }
/** A page that looks like the last one; behind it the scroll is gone. */
const earlyEnd: Fault = {
  match: { path: '/companies/scroll' },
  skip: 2,
  body: { type: 'list', data: [], scroll_param: 'lost' },
  losesScroll: true,
}

const warnings = (messages: Buffer): string[] =>
  parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? [log.message] : []))

t.test('a scroll that ends early is begun again, and all companies come once', async (t) => {
  const simulator = await listenSimulator(t, workspace)
  simulator.faults.next([earlyEnd])
  const { messages, outcome } = await collectSync({ baseUrl: simulator.url, streams })
  t.same((await judge(simulator, messages, { expectStreams: streams })).faults, [])
  t.same([outcome?.failure, outcome?.streams[0]?.completeness?.restarts], [undefined, 1])
  t.same(warnings(messages), [])
  const asked = simulator.requests.entries.filter(({ path }) => path === list.path)
  t.match(asked, [{ query: { page: '1', per_page: '1' } }], 'companies are counted once')
  t.equal(asked.length, 1)
})

t.test('a scroll that always ends early is told with figures, and what came is delivered', async (t) => {
  const simulator = await listenSimulator(t, workspace)
  // The 404 behind the first end, then two pages again.
  simulator.faults.next([earlyEnd, { ...earlyEnd, skip: 3 }])
  const { messages, outcome } = await collectSync({ baseUrl: simulator.url, streams })
  t.equal(outcome?.failure, undefined)
  t.equal(new Set(recordsOf(messages, 'companies').map(({ id }) => id)).size, 200)
  t.equal(recordsOf(messages, 'companies').length, 200)
  const counted = simulator.workspace
    .collection('companies')
    .latest()
    .filter((company) => company.member('user_count') !== 0)
  const figures = `companies: the scroll ended after 200 companies, Intercom counts at least ${counted.length}, twice`
  t.ok(warnings(messages)[0]?.startsWith(figures), warnings(messages)[0] ?? 'no warning')
  t.match(warnings(messages)[0], /reset the stream/)
})

for (const fault of [{ status: 403 }, { status: 500 }, { text: 'no JSON' }, { body: { data: [] } }])
  t.test(`a count of companies that cannot be had fails nothing: ${JSON.stringify(fault)}`, async (t) => {
    const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 100)
    const simulator = await listenSimulator(t, { ...workspace, companies: 150, clock })
    simulator.faults.next([{ match: list, repeat: 100, ...fault }])
    const { messages, outcome } = await collectSync({ baseUrl: simulator.url, clock, streams })
    t.equal(outcome?.failure, undefined)
    t.same((await judge(simulator, messages, { expectStreams: streams })).faults, [])
    const isRefusal = 'status' in fault && fault.status === 403
    t.equal(simulator.requests.totals.byPath[list.path], isRefusal ? 2 : 5, 'what may pass is asked for again')
  })

t.test('a page of the scroll that is lost on its way has the scroll begin again', async (t) => {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 200)
  const simulator = await listenSimulator(t, { companies: 300, contacts: 1, clock })
  let pages = 0
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) => {
    // A count that tells of no shortage.
    if (path.startsWith('/companies/list')) return { body: body.replace(/"total_count": ?\d+/, '"total_count":1') }
    return path.startsWith('/companies/scroll') && ++pages === 2 ? { body: body.slice(0, 1000) } : {}
  })
  const { messages, outcome } = await collectSync({ baseUrl, clock, streams: ['companies'] })
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages, { expectStreams: ['companies'] })).faults, [])
})

t.test('an attempt that comes no further than the one before makes no progress, though Intercom answers', async (t) => {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 1000)
  const simulator = await listenSimulator(t, { companies: 300, contacts: 1, clock })
  const baseUrl = await editAnswers(t, simulator, ({ path }) =>
    path.includes('scroll_param') ? { status: 500, body: '{}' } : {},
  )
  const attempt = async (held: Commit[]) => {
    const commits: Commit[] = []
    const taken = (commit: Commit) => void commits.push(commit)
    const request = { baseUrl, clock, streams, taken, ...(held.length > 0 && { held }) }
    await t.rejects(collectSync(request), { code: 'intercom_unavailable' })
    return commits
  }
  const first = await attempt([])
  t.ok(first.some(({ isProgress }) => isProgress))
  const second = await attempt(first)
  t.notOk(second.some(({ isProgress }) => isProgress))
})
