import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { listStreams } from '../src/streams/discover.ts'
import { findStream } from '../src/streams/table.ts'
import { runCompiled, runShell, type Teardown, type TestProcess } from './support/processes.ts'

/** The demo in a folder of its own, which is its temporary folder, too. */
async function startDemo(t: Teardown, args: string[], environment: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const demo = runCompiled(
    t,
    'test/support/demo-process.js',
    args,
    { TMPDIR: folder, ...environment },
    {
      cwd: folder,
      ownGroup: true,
      showsToken: true,
    },
  )
  return { demo, folder }
}

/** The rows of a table of counts: stream, how many there should be, how many came, the verdict. */
function countsOf(output: string): Record<string, [expected: number, delivered: number, verdict: string]> {
  const rows = output.matchAll(/^ {2}(\w+) +([\d,]+) +([\d,]+) {3}(right|WRONG)$/gm)
  const number = (text = '') => Number(text.replace(',', ''))
  return Object.fromEntries(
    [...rows].map(([, stream, expected, delivered, verdict]) => [
      stream,
      [number(expected), number(delivered), verdict ?? ''],
    ]),
  )
}

t.test('three syncs are right, in plain lines where there is no terminal', async (t) => {
  const { demo, folder } = await startDemo(t, ['--contacts', '60'])
  t.equal(await demo.exited, 0, demo.stderr())
  const output = demo.stdout()
  const [, first = '', second = '', third = ''] = output.split(/^(?:First|Second|Third) sync: .*\n/m)

  t.match(first, /^ {2}contacts: complete, 85 records in/m)
  t.match(first, /^ {2}contacts +\{"role":"(user|lead)","email":"[^"]+", \.\.\.\}$/m)
  const counts = countsOf(first)
  const names = listStreams().map(({ name }) => name)
  t.same(Object.keys(counts).toSorted(), names.filter((name) => !findStream(name)?.optIn).toSorted())
  t.same(
    Object.entries(counts).filter(([, [expected]]) => expected === 0),
    [],
    'each of the fourteen streams has records',
  )
  t.same(counts.contacts, [85, 85, 'right'])
  t.match(first, /^ {2}[\d,]+ requests to Intercom, 0 refused \(it allows 1,666 in 10 s\)$/m)
  t.match(first, /^ {2}Share of the limit used: \d+ %, in (one|every) window of 10 s( before the last)?$/m)
  t.match(first, /Oracle: each of [\d,]+ texts is Intercom's/)

  t.match(second, /Changed in Intercom:\n {2}25 contacts, 6 conversations, 5 companies, 3 tickets, 3 log entries\n/)
  t.match(countsOf(second), {
    contacts: [25, 25, 'right'],
    conversations: [6, 6, 'right'],
    companies: [5, 5, 'right'],
    tickets: [3, 3, 'right'],
    ticket_parts: [Number, Number, 'right'],
    activity_logs: [3, 3, 'right'],
    conversation_parts: [Number, Number, 'right'],
    company_segments: [Number, Number, 'right'],
  })
  t.match(third, /^ {2}0 records/)
  t.match(third, /^All counts are right\./m)

  t.notMatch(output, /simulator-token/)
  t.notMatch(output, /\p{Cc}(?<!\n)/u, 'there are no escape sequences')
  t.same(
    output.split('\n').filter((line) => line.length > 80 && !line.includes(folder)),
    [],
    'it fits 80 columns',
  )
  t.same((await readdir(folder)).toSorted(), ['demo-first.ndjson', 'demo-second.ndjson', 'demo-third.ndjson'])
  const lines = (await readFile(join(folder, 'demo-first.ndjson'), 'utf8')).trimEnd().split('\n')
  t.equal(
    lines.filter((line) => line.startsWith('{"type":"RECORD"')).length,
    Object.values(counts).reduce((sum, [, delivered]) => sum + delivered, 0),
  )
})

t.test('a record that should not be there makes it fail and say why', async (t) => {
  const { demo, folder } = await startDemo(t, ['--contacts', '40'], { BROKEN_TRUTH: 'yes' })
  t.equal(await demo.exited, 1)
  t.match(countsOf(demo.stdout().split('Second sync')[0] ?? '').contacts, [64, 65, 'WRONG'])
  t.match(demo.stdout(), /1 unexpected in contacts, such as\n {4}line \d+: there never was/)
  t.match(demo.stdout(), /SOMETHING IS WRONG:\n {2}the first sync is not right: contacts \(64 expected, 65 came\)\n/)
  t.notMatch(demo.stdout(), /All counts are right/)
  t.same(
    (await readdir(folder)).filter((name) => !name.startsWith('demo-')),
    [],
    'it cleans up all the same',
  )
})

t.test('kept running, its curl lines work as printed, and Ctrl-C leaves nothing behind', async (t) => {
  const { demo, folder } = await startDemo(t, ['--contacts', '40', '--keep'])
  await demo.untilLine(/^Ctrl-C ends everything/)
  const printed = demo.stdout().split('Everything is still running.')[1] ?? ''
  const [job, messages, check, change, sync] = printed
    .split(/^# .*\n/m)
    .slice(1)
    .map((text) => text.split('\n\n')[0] ?? '')
  const run = (command = '') => runShell(t, command)

  const [, address = ''] = /^Its page, for a browser: (\S+)$/m.exec(printed) ?? []
  t.match(await (await fetch(address, { headers: { accept: 'text/html' } })).text(), /<title>intercom-sync/)

  t.match(JSON.parse(await run(job)), { status: 'succeeded', rowsSynced: 0 })
  t.match(await run(messages), /^\{"type":"TRACE".*\n/)
  t.match(JSON.parse(await run(check)), { connectionStatus: { status: 'SUCCEEDED' } })
  t.equal(JSON.parse(await run(change)).ids.length, 5)
  const records = (await run(sync)).trimEnd().split('\n')
  t.equal(records.filter((line) => line.startsWith('{"type":"RECORD","record":{"stream":"contacts"')).length, 5)
  t.equal(records.length, 5)

  const processes = await findDescendants(t, demo)
  t.ok(processes.length >= 3, 'the service, and its Redis with its guard')
  pressCtrlC(demo)
  t.equal(await demo.exited, 0)
  await untilGone(t, processes)
  t.same(
    (await readdir(folder)).filter((name) => !name.endsWith('.ndjson')),
    [],
  )
})

t.test('interrupted in the middle of a sync it ends everything, too', async (t) => {
  const { demo, folder } = await startDemo(t, ['--contacts', '20000'])
  await demo.untilLine(/^First sync/)
  const processes = await findDescendants(t, demo)
  pressCtrlC(demo)
  t.equal(await demo.exited, 130)
  t.match(demo.stderr(), /^Interrupted: everything that was started is ended\.$/m)
  await untilGone(t, processes)
  t.same(
    (await readdir(folder)).filter((name) => !name.endsWith('.ndjson')),
    [],
  )
})

t.test('arguments that cannot be are told with the usage', async (t) => {
  const cases = [['--contacts', 'many'], ['--contacts', '0'], ['--frobnicate'], ['more']]
  for (const args of cases) {
    const { demo } = await startDemo(t, args)
    t.equal(await demo.exited, 2, args.join(' '))
    t.match(demo.stderr(), /^intercom-sync: .+\nusage: intercom-sync demo \[--contacts N\] \[--keep\]/)
    t.notMatch(demo.stderr(), /\n\s+at /)
  }
})

/** What a terminal does: everything in the process group is told. */
function pressCtrlC({ child }: TestProcess): void {
  if (child.pid === undefined) throw new Error('it was never started')
  process.kill(-child.pid, 'SIGINT')
}

/** Process ids of what a process has started, and what those have. */
async function findDescendants(t: Teardown, { child }: TestProcess): Promise<number[]> {
  const rows = await listProcesses(t)
  const below = (parent: number): number[] =>
    rows.filter(({ ppid }) => ppid === parent).flatMap(({ pid }) => [pid, ...below(pid)])
  return child.pid === undefined ? [] : below(child.pid)
}

/** Each look takes a process of its own, so this does not spin. */
async function untilGone(t: Teardown, pids: readonly number[]): Promise<void> {
  for (;;) {
    const rows = await listProcesses(t)
    if (!rows.some(({ pid }) => pids.includes(pid))) return
  }
}

/** Those that run; one that has ended and is not yet collected does not. */
async function listProcesses(t: Teardown): Promise<{ pid: number; ppid: number }[]> {
  const table = await runShell(t, 'ps -A -o pid= -o ppid= -o stat=')
  return table
    .trimEnd()
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , state]) => !state?.startsWith('Z'))
    .map(([pid, ppid]) => ({ pid: Number(pid), ppid: Number(ppid) }))
}
