import t, { type Test } from 'tap'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const streams = ['companies', 'company_segments']
const notFound = {
  status: 404,
  headers: { 'content-type': 'text/html' },
  body: '<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>',
}

/** A company that is there, for whose segments the page of a deleted one comes `pages` times. */
async function setUp(t: Test, pages: number) {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 200)
  const simulator = await listenSimulator(t, { contacts: 1, companies: 10, segments: 5, clock })
  const [{ plan: { id = '' } = {} } = {}] = simulator.workspace.collection('companies').latest()
  let left = pages
  const baseUrl = await editAnswers(t, simulator, ({ path }) =>
    path.startsWith(`/companies/${id}/segments`) && left-- > 0 ? notFound : {},
  )
  const sync = async (state: unknown[] = []) => {
    const collected = await collectSync({ baseUrl, clock, streams, state })
    const segments = recordsOf(collected.messages, 'company_segments')
    return { ...collected, segments: segments.filter(({ company_id }) => company_id === id) }
  }
  return { sync, stop: () => (left = 0) }
}

t.test('a page that finds nothing is no word of Intercom about a company that is there', async (t) => {
  const { segments: expected } = await (await setUp(t, 0)).sync()
  t.ok(expected.length > 0)
  for (const pages of [1, 2, 3]) {
    const { outcome, segments } = await (await setUp(t, pages)).sync()
    t.equal(outcome?.failure, undefined)
    t.same(segments, expected, `${pages} pages`)
  }
})

t.test('what never comes but such a page is told of, and comes with the next sync', async (t) => {
  const { segments: expected } = await (await setUp(t, 0)).sync()
  const { sync, stop } = await setUp(t, Infinity)
  const { outcome, state, segments } = await sync()
  t.same(segments, [])
  t.match(outcome?.failure, { code: 'records_unreadable', streamName: 'company_segments' })
  stop()
  t.same((await sync(state)).segments, expected)
})
