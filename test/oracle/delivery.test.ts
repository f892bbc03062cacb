import t from 'tap'
import { type CheckOptions, checkMessages } from '../../simulator/oracle/check-messages.ts'
import type { DeliveryLedger } from '../../simulator/oracle/delivery-check.ts'
import { formatReport, type Report } from '../../simulator/oracle/report.ts'
import type { TruthLine } from '../../simulator/truth/truth.ts'
import { openConnector } from '../support/connector.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { contact, ndjson, recordLine, statusLine, truthLine, wholeLog } from '../support/oracle-logs.ts'

const changedAt = 5_000
const [a, b, newB, c] = [contact('a'), contact('b', 100), contact('b', 200), contact('c', 300)]
/** `a` and `c` never change; `b` gets a new version at `changedAt`. */
const truth = [truthLine(a), truthLine(b, [0, changedAt]), truthLine(newB, [changedAt, null]), truthLine(c)]

const judge = (records: string[], options?: CheckOptions, lines: TruthLine[] = truth): Promise<Report> =>
  checkMessages(ndjson(wholeLog(records)), lines, options)

const found = ({ faults }: Report): string[] =>
  faults.flatMap(({ kind, examples }) => examples.map((text) => `${kind} ${text}`))

t.test('a log that holds the newest version of everything is right', async (t) => {
  for (const records of [
    [a, newB, c],
    [c, b, a, newB],
  ]) {
    const report = await judge(records)
    t.same(found(report), [])
    t.ok(report.ok)
    t.equal(report.streams.contacts?.setHash, report.streams.contacts?.truthHash)
  }
})

t.test('what an earlier sync delivered need not come again, and what changed since must', async (t) => {
  const ledger: DeliveryLedger = new Map()
  const before = await judge([a, b, c], { ledger, visibleAt: changedAt - 1 })
  t.same(found(before), [])
  t.same(found(await judge([newB], { ledger: structuredClone(ledger) })), [])
  t.match(found(await judge([a], { ledger: structuredClone(ledger) })), [/^stale b .*the newest version never came/])
})

t.test('what was there no longer when the sync had ended may be absent', async (t) => {
  const asked = { visibleAt: { contacts: changedAt - 1 } }
  t.match(found(await judge([a, c], asked)), [/^missing b /])
  t.same(found(await judge([a, c], { ...asked, stillAt: changedAt })), [])
  t.match(found(await judge([a, c], { ...asked, stillAt: changedAt - 1 })), [/^missing b /])
})

t.test('a record that never came is missing', async (t) => {
  const report = await judge([a, newB])
  t.same(found(report), ['missing c with updated_at 300'])
  t.notOk(report.ok)
  t.not(report.streams.contacts?.setHash, report.streams.contacts?.truthHash)
})

t.test('an old version in place of the newest is stale', async (t) => {
  t.same(found(await judge([a, b, c])), ['stale b with updated_at 200: the newest version never came'])
})

t.test('an old version after the newest is stale', async (t) => {
  t.same(found(await judge([a, newB, c, b])), ['stale b with updated_at 200: an older version came after it'])
})

t.test('the same text twice is a duplicate', async (t) => {
  t.same(found(await judge([a, newB, c, a])), ['duplicate line 6: a with the same text again'])
})

t.test('the newest again after an old version is no duplicate: the old one would stay', async (t) => {
  t.same(found(await judge([a, newB, c, b, newB])), [])
  t.same(found(await judge([a, b, newB, c, b])), [
    'duplicate line 7: b with the same text again',
    'stale b with updated_at 200: an older version came after it',
  ])
})

t.test('an id or a text that never was is unexpected', async (t) => {
  t.same(found(await judge([a, newB, c, contact('z')])), ['unexpected line 6: there never was z'])
  t.same(found(await judge([a, newB, c, contact('c', 299)])).slice(0, 1), ['unexpected line 6: c never had this text'])
})

t.test('the text counts, not what it means', async (t) => {
  const spaced = c.replace(',', ', ')
  t.match(found(await judge([a, newB, spaced])), [/^unexpected .*c never had this text/, /^stale c/])
  const digits = '{"id":"n","updated_at":1,"n":12345678901234567890,"p":1.10}'
  t.same(found(await judge([digits], {}, [truthLine(digits)])), [])
  t.match(found(await judge([digits.replace('7890,', '7891,')], {}, [truthLine(digits)])), [/unexpected/, /stale/])
})

t.test('what search showed at a time is required, later versions are welcome', async (t) => {
  const visibleAt = changedAt - 1
  t.same(found(await judge([a, b, c], { visibleAt })), [])
  t.same(found(await judge([a, newB, c], { visibleAt })), [])
  t.same(found(await judge([a, b, newB, c], { visibleAt })), [])
  const deleted = [...truth, truthLine(contact('d'), [0, changedAt])]
  t.same(found(await judge([a, newB, c], { visibleAt: changedAt }, deleted)), [], 'd is gone by then')
  t.same(found(await judge([a, b, c], { visibleAt }, deleted)), ['missing d with updated_at 100'])
})

t.test('records older than the lower bound are neither required nor welcome', async (t) => {
  t.same(found(await judge([c], { lowerBound: 300 })), [])
  t.same(found(await judge([newB, c], { lowerBound: { contacts: 200 } })), [])
  t.same(found(await judge([newB, c], { lowerBound: { contacts: 201 } })), [
    'unexpected line 3: b is older than the lower bound',
  ])
})

t.test('a row inside a part may tell any time that the conversation had, and no other', async (t) => {
  const inside = (stream: string, text: string, more: Partial<TruthLine>) => ({ ...truthLine(text), stream, ...more })
  const conversation = (updatedAt: number) => ({ ...truthLine(contact('9', updatedAt)), stream: 'conversations' })
  const lines = [
    conversation(100),
    conversation(200),
    inside('conversation_parts', '{"id":"p"}', { id: 'p', parentId: '9', updatedAt: 200 }),
    inside('conversation_emails', '{"type":"from"}', { id: 'p 0', parentId: 'p', updatedAt: 200 }),
  ]
  const faultsOf = async (time: number) => {
    const row = `{"conversation_part_id":"p","position":0,"conversation_id":"9","parent_updated_at":${time},"type":"from"}`
    return found(await checkMessages(ndjson(wholeLog([row], 'conversation_emails')), lines))
  }
  t.same(await faultsOf(200), [])
  t.same(await faultsOf(100), [], 'the search found the conversation by its time before')
  t.same(await faultsOf(150), ['wrong_parent line 3: p never had parent_updated_at 150'])
})

t.test('an expected stream of which nothing is said is missing as a whole', async (t) => {
  const report = await judge([a, newB, c], { expectStreams: ['contacts', 'tags'] })
  t.same(report.faults, [{ kind: 'stream_missing', stream: 'tags', count: 1, examples: ['no message speaks of it'] }])
  const started = ndjson([statusLine('contacts', 'STARTED'), statusLine('contacts', 'INCOMPLETE')])
  t.match(
    await checkMessages(started, truth),
    { faults: [{ kind: 'missing', count: 3 }] },
    'an empty stream misses each record',
  )
})

t.test('only the first examples are kept, all are counted', async (t) => {
  const lines = Array.from({ length: 40 }, (_, place) => truthLine(contact(`x${place}`)))
  const report = await judge([], {}, lines)
  t.match(report.faults, [{ kind: 'missing', count: 40 }])
  t.equal(report.faults[0]?.examples.length, 5)
  t.match(formatReport(report), /FAULT missing in contacts: 40\n {2}x0 .*\n(.*\n){4} {2}and 35 more\nNOT OK/)
})

t.test('members may stand in any order, with spaces between them', async (t) => {
  const line = `{ "record" : {"data" : ${c} , "emitted_at":1, "stream":"contacts"}, "type":"RECORD"}`
  const lines = wholeLog([a, newB, '{}']).with(4, line)
  t.same(found(await checkMessages(ndjson(lines), truth)), [])
})

t.test('the command line reads the truth from a simulator and tells right from wrong by its exit code', async (t) => {
  const { url, workspace } = await listenSimulator(t, { contacts: 3, tags: 0, oddities: false })
  const texts = workspace
    .index('contacts')
    .sortedBy('id')
    .versions.map(({ text }) => text.toString())
  const records = texts.map((text) => text.replace(/"owner_id":(\d+)/, '"owner_id":"$1"'))
  const bench = openConnector(t)
  const run = async (lines: string[], ...flags: string[]): Promise<unknown[]> => {
    const file = bench.write('log.ndjson', ndjson(lines).join(''))
    const { end, stdout } = await bench.run(['oracle', ...flags, file])
    return [end, stdout.toString()]
  }
  t.match(await run(wholeLog(records), '--truth', url), [0, /\nOK\n$/])
  t.match(await run(wholeLog(records.slice(1)), '--truth', url), [1, /FAULT missing in contacts: 1\n[\s\S]*NOT OK\n$/])
  t.match(await run([recordLine('contacts', '{"id":"1"}')]), [1, /FAULT outside_sync/])
})
