import t from 'tap'
import { lastStates } from '../../simulator/oracle/last-states.ts'
import { streamNames } from '../../simulator/records/streams.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { onlyProgress, openConnector } from '../support/connector.ts'
import { judge, type Message, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const bench = openConnector(t)
const config = bench.write('config.json', { access_token: 'simulator-token', sprt_date: '2024-01-01' })
const catalog = bench.write('catalog.json', configuredCatalog([...streamNames]))
const read = ['read', '--config', config, '--catalog', catalog]

/** The statuses of a stream, in order. */
function statusesOf(messages: readonly Message[], stream: string): string[] {
  return messages.flatMap(({ trace }) =>
    trace?.stream_status?.stream_descriptor.name === stream ? [trace.stream_status.status] : [],
  )
}

const namesOf = (messages: readonly Message[]) =>
  messages.flatMap(({ state }) => (state ? [state.stream.stream_descriptor.name] : []))

t.test('everything is read once, and the states lead to a second read without a record', async (t) => {
  const intercom = await listenSimulator(t, { contacts: 1500, conversations: 150, companies: 120 })
  const first = await bench.run(read, { intercom: intercom.url })
  t.match({ ...first, stdout: '' }, { end: 0, stderr: onlyProgress })
  t.same((await judge(intercom, first.stdout, { expectStreams: [...streamNames] })).faults, [])
  const aboutConfig = parseLines(first.stdout).filter(({ log }) => log?.message.includes('sprt_date'))
  t.equal(aboutConfig.length, 1, 'a member of the config that means nothing is told once')

  const state = bench.write('state.json', await lastStates([first.stdout]))
  const second = await bench.run([...read, '--state', state], { intercom: intercom.url })
  t.equal(second.end, 0)
  const messages = parseLines(second.stdout)
  t.same(
    messages.filter(({ type }) => type === 'RECORD'),
    [],
  )
  t.same(namesOf(messages).sort(), [...streamNames].sort(), 'one state each')
  for (const name of streamNames) {
    t.same(statusesOf(messages, name), ['STARTED', 'RUNNING', 'COMPLETE'], name)
    const place = (wanted: (message: Message) => boolean) => messages.findIndex(wanted)
    t.ok(
      place(({ state }) => state?.stream.stream_descriptor.name === name) <
        place(
          ({ trace }) =>
            trace?.stream_status?.status === 'COMPLETE' && trace.stream_status.stream_descriptor.name === name,
        ),
      `${name}: the state comes before COMPLETE`,
    )
  }
  const times = (lines: Buffer) => parseLines(lines).flatMap(({ record }) => record?.emitted_at ?? [])
  t.ok(times(first.stdout).every((time, index, all) => index === 0 || time >= (all[index - 1] ?? 0)))
})

t.test(
  'incremental asked of a stream without a cursor reads it whole each time, whatever state comes back',
  async (t) => {
    const intercom = await listenSimulator(t, { contacts: 60 })
    const asked = bench.write('asked.json', configuredCatalog(['tags', 'contacts'], 'incremental'))
    const args = ['read', '--config', config, '--catalog', asked]
    const first = await bench.run(args, { intercom: intercom.url })
    t.same((await judge(intercom, first.stdout, { expectStreams: ['tags', 'contacts'] })).faults, [])
    const state = bench.write('asked-state.json', await lastStates([first.stdout]))
    intercom.workspace.mutate({ stream: 'tags', kind: 'create', count: 1 })
    const second = await bench.run([...args, '--state', state], { intercom: intercom.url })
    t.equal(second.end, 0)
    t.equal(recordsOf(second.stdout, 'tags').length, 13)
    t.equal(recordsOf(second.stdout, 'contacts').length, 0)
  },
)

t.test('a record without members is left out, with a word', async (t) => {
  const intercom = await listenSimulator(t, { contacts: 0, oddities: false })
  intercom.faults.next([{ match: { path: '/tags' }, body: { type: 'list', data: [{}, { id: '7' }, {}] } }])
  const tags = bench.write('only-tags.json', configuredCatalog(['tags']))
  const args = ['read', '--config', config, '--catalog', tags]
  const { end, stdout } = await bench.run(args, { intercom: intercom.url })
  t.equal(end, 0)
  t.same(recordsOf(stdout, 'tags'), [{ id: '7' }])
  t.equal(parseLines(stdout).filter(({ log }) => /^tags: .* left out/.test(log?.message ?? '')).length, 2)
})

t.test('no state at all may be an empty list, an empty object or null', async (t) => {
  const intercom = await listenSimulator(t, { contacts: 0, oddities: false })
  const tags = bench.write('tags.json', configuredCatalog(['tags']))
  for (const [index, content] of [[], {}, 'null'].entries()) {
    const state = bench.write(`no-state-${index}.json`, content)
    const args = ['read', '--config', config, '--catalog', tags, '--state', state]
    const { end, stdout } = await bench.run(args, { intercom: intercom.url })
    t.equal(end, 0)
    t.equal(recordsOf(stdout, 'tags').length, 12)
  }
})

t.test('a missing permission fails the read at its end, and the first error says what to do', async (t) => {
  const intercom = await listenSimulator(t, {
    contacts: 30,
    accessTokens: { 'simulator-token': ['read_tags'] },
  })
  const two = bench.write('two.json', configuredCatalog(['tags', 'contacts']))
  const { end, stdout } = await bench.run(['read', '--config', config, '--catalog', two], { intercom: intercom.url })
  t.equal(end, 1)
  const messages = parseLines(stdout)
  t.equal(statusesOf(messages, 'contacts').at(-1), 'COMPLETE')
  t.equal(statusesOf(messages, 'tags').at(-1), 'INCOMPLETE')
  const errors = messages.flatMap(({ trace }) => trace?.error ?? [])
  t.match(errors, [{ failure_type: 'config_error', stream_descriptor: { name: 'tags' }, message: /"Read tags"/ }])
  t.equal(errors.length, 1)
  t.ok(namesOf(messages).includes('contacts'))
})

t.test('a token that is not accepted ends every stream that was started', async (t) => {
  const intercom = await listenSimulator(t, { contacts: 3 })
  const revoked = bench.write('revoked.json', { access_token: 'dG9rOmNhbmFyeV90b2tlbg' })
  const { end, stdout, stderr } = await bench.run(['read', '--config', revoked, '--catalog', catalog], {
    intercom: intercom.url,
  })
  t.equal(end, 1)
  const messages = parseLines(stdout)
  for (const name of streamNames) t.same(statusesOf(messages, name), ['STARTED', 'INCOMPLETE'], name)
  t.match(messages.at(-1), { trace: { error: { failure_type: 'config_error', internal_message: 'token_invalid' } } })
  t.match(JSON.parse(stderr), { msg: 'attempt failed', error: { code: 'token_invalid' } }, 'the log is on stderr')
  t.notMatch(stdout.toString() + stderr, /dG9rOmNhbmFyeV90b2tlbg/)
})

t.test('a catalog that would spoil the data at its destination is warned of', async (t) => {
  const intercom = await listenSimulator(t, { contacts: 0, companies: 2, conversations: 2 })
  const { streams } = configuredCatalog(['company_segments', 'conversation_parts', 'tags'])
  const spoiling = bench.write('spoiling.json', {
    streams: streams.map((stream) => ({
      ...stream,
      ...(stream.stream.name === 'company_segments' && { primary_key: [['id']] }),
      ...(stream.stream.name === 'conversation_parts' && { destination_sync_mode: 'append' }),
    })),
  })
  const args = ['read', '--config', bench.write('plain.json', { access_token: 'simulator-token' }), '--catalog']
  const warnings = async (path: string) => {
    const { end, stdout } = await bench.run([...args, path], { intercom: intercom.url })
    t.equal(end, 0)
    return parseLines(stdout).flatMap(({ log }) => (log?.level === 'WARN' ? [log.message] : []))
  }
  t.match(await warnings(spoiling), [
    /^company_segments: the primary key id does not tell all records apart: use company_id, id$/,
    /^conversation_parts: .* append keeps every copy; use append_dedup$/,
  ])
  t.same(await warnings(bench.write('right.json', { streams })), [])
})
