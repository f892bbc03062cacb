import t from 'tap'
import { collectSync, judge, recordsOf } from '../support/engine.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const everything = Number.POSITIVE_INFINITY

/** Resolves when the simulator has answered all of these paths. */
async function answered({ requests }: ListeningSimulator, ...paths: string[]): Promise<void> {
  const isAnswered = (path: string) => requests.entries.some((entry) => entry.path === path && entry.status === 200)
  while (!paths.every(isAnswered)) await new Promise((resolve) => setImmediate(resolve))
}

/** Counts the records that are given away. */
function counter() {
  const given = { records: 0 }
  const taken = ({ recordCount }: { recordCount: number }) => {
    given.records += recordCount
  }
  return { given, taken }
}

t.test('a first sync reads its first pages while the workspace is still unknown, and delivers nothing', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 20, companies: 5, conversations: 5, tickets: 5 })
  simulator.faults.next([{ match: { path: '/me' }, holdUntil: 'known' }])
  const { given, taken } = counter()
  const streams = ['contacts', 'companies', 'conversations', 'tickets', 'tags']
  const sync = collectSync({ baseUrl: simulator.url, streams, taken })
  const searches = ['contacts', 'conversations', 'tickets'].map((name) => `/${name}/search`)
  await answered(simulator, '/companies/scroll', '/tags', ...searches)
  t.equal(given.records, 0)
  simulator.faults.open('known')
  const { messages } = await sync
  t.same((await judge(simulator, messages)).faults, [])
})

t.test('a token that is not valid delivers nothing, even if a page came', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 20 })
  const paths = ['/me', '/tags', '/admins', '/segments']
  simulator.faults.next(paths.map((path) => ({ match: { path }, status: 401, holdUntil: 'read' })))
  const { given, taken } = counter()
  const sync = collectSync({ baseUrl: simulator.url, streams: ['contacts'], taken })
  const rejected = t.rejects(sync, { code: 'token_invalid' })
  await answered(simulator, '/contacts/search')
  simulator.faults.open('read')
  await rejected
  t.equal(given.records, 0)
})

t.test('a later sync waits for the workspace, because its state may be that of another one', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 20 })
  const options = { baseUrl: simulator.url, streams: ['contacts'] }
  const { state } = await collectSync(options)
  const before = simulator.requests.entries.length
  simulator.faults.next([{ match: { path: '/me' }, delayMs: 200 }])
  await collectSync({ ...options, state })
  const [me, search] = simulator.requests.entries.slice(before)
  t.same([me?.path, search?.path], ['/me', '/contacts/search'])
  t.ok((search?.time ?? 0) - (me?.time ?? 0) >= 200)
})

t.test('the first parent and its children wait for no other, nor for more records', async (t) => {
  const simulator = await listenSimulator(t, { conversations: 30, longConversations: 0 })
  simulator.faults.next([{ match: { path: '/conversations/:id' }, skip: 1, repeat: everything, holdUntil: 'seen' }])
  let conversations = 0
  const { messages } = await collectSync({
    baseUrl: simulator.url,
    streams: ['conversations', 'conversation_parts'],
    // It stands still, so nothing is given away because it was held for long enough.
    clock: createManualClock(Date.now()),
    taken({ body }) {
      conversations += recordsOf(body, 'conversations').length
      if (conversations > 0) simulator.faults.open('seen')
    },
  })
  t.same((await judge(simulator, messages)).faults, [])
})
