import t from 'tap'
import type { Commit } from '../../src/sync/contract/commit.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { type CollectOptions, collectSync, judge, parseLines, recordsOf } from '../support/engine.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'

/** Ten seconds, after which Intercom is asked once more, are half a second. */
const clock = createAcceleratedClock(Date.UTC(2026, 0, 1), 20)
const two = ['contacts', 'tags']
const skip = { streams: two, onMissingPermission: 'skip' }
const withoutTags = { 'simulator-token': ['read_tags'] }

const run = (simulator: ListeningSimulator, options: Partial<CollectOptions> = {}) =>
  collectSync({ ...skip, baseUrl: simulator.url, clock, ...options })

/** What a log says of one stream's status, in order. */
const statusesOf = (messages: Buffer, stream: string) =>
  parseLines(messages).flatMap(({ trace }) => {
    const { stream_descriptor, status } = trace?.stream_status ?? {}
    return stream_descriptor?.name === stream ? (status ?? []) : []
  })
const warningsOf = (messages: Buffer) =>
  parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? log.message : []))
const errorsOf = (messages: Buffer) => parseLines(messages).filter(({ trace }) => trace?.type === 'ERROR')

for (const missingScopeStatus of [401, 403] as const)
  t.test(`a stream that the token may not read (${missingScopeStatus}) is left out before it begins`, async (t) => {
    const simulator = await listenSimulator(t, { clock, contacts: 30, missingScopeStatus, accessTokens: withoutTags })
    const { outcome, messages, commits } = await run(simulator)
    t.equal(outcome?.failure, undefined)
    t.match(outcome?.streams, [{ streamName: 'contacts', status: 'COMPLETE' }])
    t.equal(outcome?.streams.length, 1)
    t.same(statusesOf(messages, 'tags'), [])
    t.equal(statusesOf(messages, 'contacts').at(-1), 'COMPLETE')
    t.match(warningsOf(messages), [/Left out .*tags: .*"Read tags" \(40[13]/])
    t.equal(warningsOf(messages).length, 1)
    t.same(errorsOf(messages), [])
    t.ok(commits.every(({ skippedStreams }) => skippedStreams?.join() === 'tags'))
    t.ok(recordsOf(messages, 'contacts').length > 0)
    t.equal(simulator.requests.totals.byPath['/tags'], 2, 'Intercom has said it twice')
  })

t.test('a child stream is left out with its parent', async (t) => {
  const simulator = await listenSimulator(t, {
    contacts: 3,
    accessTokens: { 'simulator-token': ['read_conversations'] },
  })
  const { outcome, messages, commits } = await run(simulator, { streams: ['conversation_parts', 'tags'] })
  t.match(outcome?.streams, [{ streamName: 'tags', status: 'COMPLETE' }])
  t.same(commits.at(-1)?.skippedStreams, ['conversation_parts'])
  t.same(statusesOf(messages, 'conversation_parts'), [])
})

t.test('if nothing of the catalog may be read, the job fails and names the permissions', async (t) => {
  const simulator = await listenSimulator(t, {
    clock,
    contacts: 3,
    accessTokens: { 'simulator-token': ['read_tags', 'read_conversations'] },
  })
  for (const [streams, message] of [
    [['tags'], /tags: .*"Read tags"/],
    [['conversations', 'conversation_parts', 'tags'], /conversations, conversation_parts: .*tags: .*"Read tags"/],
  ] as const) {
    const commits: Commit[] = []
    const failing = run(simulator, { streams: [...streams], taken: (commit) => void commits.push(commit) })
    await t.rejects(failing, { code: 'scope_missing', message })
    t.same(commits, [], 'nothing begins')
  }
})

t.test('without a word about it, a missing permission fails the stream', async (t) => {
  const simulator = await listenSimulator(t, { clock, contacts: 3, accessTokens: withoutTags })
  for (const onMissingPermission of ['fail', undefined]) {
    const { outcome, messages } = await run(simulator, { onMissingPermission })
    t.equal(outcome?.failure?.code, 'scope_missing')
    t.same(statusesOf(messages, 'tags'), ['STARTED', 'INCOMPLETE'])
    t.equal(errorsOf(messages).length, 1)
  }
})

const tags = { path: '/tags' }
const foreign = { match: tags, status: 403, foreign: true, html: '<html>Blocked</html>' } as const
for (const [what, fault] of [
  ['said once only', { match: tags, status: 403 }],
  ["that is somebody else's, not Intercom's", { ...foreign, repeat: 2 }],
  ['that is no refusal but a failure', { match: tags, status: 503, repeat: 2 }],
] as const)
  t.test(`a refusal ${what} leaves no stream out`, async (t) => {
    const simulator = await listenSimulator(t, { clock, contacts: 30 })
    simulator.faults.next([fault])
    const { outcome, messages } = await run(simulator)
    t.match(outcome?.streams, [
      { streamName: 'contacts', status: 'COMPLETE' },
      { streamName: 'tags', status: 'COMPLETE' },
    ])
    t.same(warningsOf(messages), [])
    t.same((await judge(simulator, messages)).faults, [])
  })

t.test('a permission that goes missing in the middle of a stream fails the stream', async (t) => {
  const simulator = await listenSimulator(t, { clock, contacts: 2000 })
  const refused = { match: { path: '/contacts/search', paged: true }, status: 403, repeat: 1000 } as const
  simulator.faults.next([refused])
  const { outcome, messages } = await run(simulator)
  t.equal(outcome?.failure?.code, 'scope_missing')
  t.equal(statusesOf(messages, 'contacts').at(-1), 'INCOMPLETE')
  t.equal(errorsOf(messages).length, 1)
})

t.test('a token that nothing accepts is no missing permission', async (t) => {
  const simulator = await listenSimulator(t, { clock, contacts: 3 })
  await t.rejects(run(simulator, { config: { access_token: 'revoked' } }), { code: 'token_invalid' })
})

t.test('the attempt after the first leaves the same streams out, whatever the token may read by then', async (t) => {
  const narrow = await listenSimulator(t, { clock, contacts: 500, seed: 7, accessTokens: withoutTags })
  const wide = await listenSimulator(t, { clock, contacts: 500, seed: 7 })
  const held: Commit[] = []
  await run(narrow, { stopAfter: 2, taken: (commit) => void held.push(commit) })
  const next = await run(wide, { held })
  const messages = Buffer.concat([...held.map(({ body }) => body), next.messages])
  t.match(next.outcome, { streams: [{ streamName: 'contacts', status: 'COMPLETE' }] })
  t.ok(next.commits.every(({ skippedStreams }) => skippedStreams?.join() === 'tags'))
  t.same(statusesOf(messages, 'tags'), [])
  t.equal(warningsOf(messages).length, 1)
  t.equal(wide.requests.totals.byPath['/tags'], undefined)

  const begun: Commit[] = []
  await run(wide, { stopAfter: 1, taken: (commit) => void begun.push(commit) })
  const refused = await run(narrow, { held: begun })
  t.equal(refused.outcome?.failure?.code, 'scope_missing', 'a stream that has begun is not left out')
})
