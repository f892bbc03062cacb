import t from 'tap'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { referenceNames } from '../../simulator/records/streams.ts'
import { apiVersions } from '../../src/airbyte/config-members.ts'
import type { ApiVersion } from '../../src/airbyte/source-config.ts'
import { streamsOfVersion } from '../../src/streams/versions.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const token = { access_token: 'simulator-token' }
const small = { contacts: 1, companies: 1, conversations: 1, oddities: false }
const referencesOf = (version: ApiVersion) =>
  streamsOfVersion(version).flatMap(({ name }) => (referenceNames.includes(name) ? [name] : []))

const simulator = await listenSimulator(t, { ...small, references: 70 })

for (const api_version of apiVersions)
  t.test(`API ${api_version}: every list of references is read to its end, as Intercom has it`, async (t) => {
    const streams = referencesOf(api_version)
    const { messages, outcome } = await collectSync({
      baseUrl: simulator.url,
      config: { ...token, api_version },
      streams,
    })
    t.equal(outcome?.failure, undefined)
    const truth = simulator.workspace.truth({ version: api_version, streams })
    const report = await checkMessages([messages], truth, { expectStreams: streams })
    t.same(report.faults, [])
    for (const name of streams) t.ok(recordsOf(messages, name).length >= 70, name)
    t.same(
      parseLines(messages).filter(({ log }) => log?.level === 'WARN'),
      [],
    )
  })

t.test('a version without a list of references has none of its endpoints', async (t) => {
  t.same(referencesOf('2.11'), [
    'conversation_attributes',
    'help_centers',
    'newsfeeds',
    'subscription_types',
    'ticket_types',
  ])
  t.equal(referencesOf('2.16').length, 12)
  const before = simulator.requests.entries.length
  await collectSync({
    baseUrl: simulator.url,
    config: { ...token, api_version: '2.11' },
    streams: referencesOf('2.11'),
  })
  const asked = simulator.requests.entries.slice(before)
  t.same(new Set(asked.map(({ status }) => status)), new Set([200]))
  t.ok(asked.some(({ path, query }) => path === '/data_attributes' && query.model === 'conversation'))
  t.notOk(asked.some(({ path }) => path === '/conversations/attributes'))
})

t.test('a change of a list comes with the next sync, whole', async (t) => {
  const changing = await listenSimulator(t, { ...small, references: 3 })
  for (const stream of ['brands', 'ticket_types', 'conversation_attributes'])
    for (const kind of ['update', 'create', 'delete'] as const) changing.workspace.mutate({ stream, kind })
  const { messages } = await collectSync({ baseUrl: changing.url, streams: referencesOf('2.16') })
  t.same((await judge(changing, messages, { expectStreams: referencesOf('2.16') })).faults, [])
})

t.test('a list that holds fewer entries than Intercom counts is told of', async (t) => {
  const edit = ({ path, body }: { path: string; body: string }) =>
    path.startsWith('/audiences') ? { body: body.replace('"total_count":70', '"total_count":71') } : {}
  const baseUrl = await editAnswers(t, simulator, edit)
  const { messages } = await collectSync({ baseUrl, usesSockets: true, streams: ['audiences'] })
  t.equal(recordsOf(messages, 'audiences').length, 70)
  const warned = parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? log.message : []))
  t.match(warned, [/audiences: Intercom counts 71 and gave 70/])
})

t.test('texts become records, each with the bytes that Intercom sent', async (t) => {
  const baseUrl = await editAnswers(t, simulator, ({ path }) =>
    path.startsWith('/admins/activity_log_event_types')
      ? { body: '{"type":"activity_log_event_type.list", "event_types" : [ "a", "\\u00e9\\"}" ,"c"] }' }
      : {},
  )
  const { messages } = await collectSync({ baseUrl, usesSockets: true, streams: ['activity_log_event_types'] })
  const lines = messages.toString().split('\n')
  for (const text of ['"a"', '"\\u00e9\\"}"', '"c"'])
    t.ok(
      lines.some((line) => line.includes(`"data":{"event_type":${text}}`)),
      text,
    )
  t.equal(recordsOf(messages, 'activity_log_event_types').length, 3)
})
