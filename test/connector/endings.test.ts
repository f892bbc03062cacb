import t, { type Test } from 'tap'
import { lastStates } from '../../simulator/oracle/last-states.ts'
import { streamNames } from '../../simulator/records/streams.ts'
import { streamTable } from '../../src/streams/table.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { onlyProgress, openConnector } from '../support/connector.ts'
import { judge, parseLines } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const bench = openConnector(t)
const config = bench.write('config.json', { access_token: 'simulator-token' })
const read = ['read', '--config', config, '--catalog', bench.write('all.json', configuredCatalog([...streamNames]))]
const readContacts = ['read', '--config', config, '--catalog', bench.write('one.json', configuredCatalog(['contacts']))]

/** Primary keys of all records, each with its stream. */
function keysOf(messages: Buffer): Set<string> {
  return new Set(
    parseLines(messages).flatMap(({ type, record }) => {
      if (type !== 'RECORD') return []
      const { primaryKey = [] } = streamTable.find(({ name }) => name === record.stream) ?? {}
      return JSON.stringify([record.stream, ...primaryKey.map(([member = '']) => record.data[member])])
    }),
  )
}

const stateOf = (stream: string) => new RegExp(`"STATE".*"stream_descriptor":\\{"name":"${stream}"`)

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  t.test(`${signal} ends it as that signal, in whole lines, and the states so far lead on`, async (t) => {
    const intercom = await listenSimulator(t, {
      contacts: 5000,
      conversations: 60,
      companies: 40,
      longConversations: 1,
    })
    intercom.faults.next([
      { match: { path: '/contacts/search' }, skip: 9, repeat: 2, holdUntil: 'told' },
      { match: { path: '/conversations/:id' }, skip: 20, repeat: 2, holdUntil: 'told' },
    ])
    const running = bench.start(read, { intercom: intercom.url })
    await running.untilPrinted(stateOf('contacts'))
    running.child.kill(signal)
    const cut = await running.finished
    t.match({ ...cut, stdout: '' }, { end: signal, stderr: onlyProgress })
    t.equal(cut.stdout.at(-1), 0x0a)
    t.ok(parseLines(cut.stdout).every(({ type }) => type !== ''))
    intercom.faults.clear()
    intercom.faults.open('told')

    const state = bench.write(`${signal}.json`, await lastStates([cut.stdout]))
    const rest = await bench.run([...read, '--state', state], { intercom: intercom.url })
    t.equal(rest.end, 0)
    const whole = await bench.run(read, { intercom: intercom.url })
    t.same((await judge(intercom, whole.stdout, { expectStreams: [...streamNames] })).faults, [])
    const held = keysOf(Buffer.concat([cut.stdout, rest.stdout]))
    t.same(
      [...keysOf(whole.stdout)].filter((key) => !held.has(key)),
      [],
    )
    t.ok(keysOf(rest.stdout).size < keysOf(whole.stdout).size, 'it did not begin anew')
  })

t.test('a reader that leaves cancels the read without a word', async (t) => {
  const intercom = await listenSimulator(t, { contacts: 5000 })
  const running = bench.start(readContacts, { intercom: intercom.url })
  await running.untilPrinted(/"RECORD"/)
  running.child.stdout?.destroy()
  t.match(await running.finished, { end: 1, stderr: onlyProgress })
  t.ok(intercom.requests.totals.requests < 30, `${intercom.requests.totals.requests} requests`)
})

/** A read of contacts whose reader has not begun when another read of as many has ended. */
async function startStalled(t: Test, contacts: number) {
  const options = { contacts, oddities: false }
  const intercom = await listenSimulator(t, options)
  const running = bench.start(readContacts, { intercom: intercom.url, stalled: true })
  await bench.run(readContacts, { intercom: (await listenSimulator(t, options)).url })
  return { intercom, running }
}

t.test('a reader that stalls holds up the reading of Intercom, and gets everything when it goes on', async (t) => {
  const { intercom, running } = await startStalled(t, 15_000)
  const { requests } = intercom.requests.totals
  t.ok(requests > 0 && requests < 80, `${requests} requests of at least 100`)
  running.child.stdout?.resume()
  const { end, stdout } = await running.finished
  t.equal(end, 0)
  t.same((await judge(intercom, stdout)).faults, [])
})

t.test('a signal lets a reader that stalled have the line that was being written', async (t) => {
  const { running } = await startStalled(t, 2000)
  running.child.kill('SIGTERM')
  running.child.stdout?.resume()
  const { end, stdout } = await running.finished
  t.equal(end, 'SIGTERM')
  t.equal(stdout.at(-1), 0x0a)
})

t.test('a reader that never goes on cannot keep the process from ending', async (t) => {
  const { running } = await startStalled(t, 2000)
  running.child.kill('SIGTERM')
  const end = await new Promise((resolve) => {
    running.child.once('exit', (_code, signal) => resolve(signal))
  })
  t.equal(end, 'SIGTERM')
})
