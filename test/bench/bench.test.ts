import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { usualNames } from '../../simulator/records/streams.ts'
import { runCompiled, type Teardown } from '../support/processes.ts'

type Subjects = Record<string, Record<string, number>>

/** Runs the command in a folder, where it writes its page. */
async function bench(t: Teardown, folder: string, ...args: string[]) {
  const command = runCompiled(t, 'bench/main.js', args, {}, { cwd: folder })
  const code = await command.exited
  const lines = command.stdout().split('\n')
  const measured = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
  const subjects = Object.fromEntries(measured.map(({ cell, subjects }) => [cell, subjects])) as Record<
    string,
    Subjects
  >
  return { code, output: command.stdout(), subjects, errors: command.stderr() }
}

t.test('every benchmark measures, and writes a page with its plots', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const cells = [
    ...['parts-1667-20', 'contacts-of-150', 'contacts', 'workers-1', 'first-1000', '50-jobs-in-turn'],
    ...['beside-1000-jobs', 'commits-of-50'],
  ]
  const tiny = ['all', '--size', '0.002', '--rounds', '1', '--cells', cells.join()]
  const { code, subjects, errors } = await bench(t, folder, ...tiny, '--write')
  t.equal(code, 0, errors)
  t.same(Object.keys(subjects).toSorted(), cells.toSorted())

  // 22 conversations with their parts, a page of them, the workspace, and a last look.
  t.match(subjects['parts-1667-20'], { connector: { requests: 25, refused: 0, beyond: 0 } })
  const { contacts = {}, 'first-1000': first = {}, '50-jobs-in-turn': jobs = {} } = subjects
  t.same(Object.keys(contacts), ['naive', 'engine', 'connector', 'worker', 'api', 'service'])
  for (const { recordsPerSecond = 0 } of Object.values(contacts)) t.ok(recordsPerSecond > 0)
  t.ok((contacts.connector?.cpuSecondsPerMillion ?? 0) > 0)
  t.equal(contacts.naive?.timesNaive, 1)
  t.match(subjects['workers-1'], { service: { refused: 0, slowestByFastest: Number } })
  for (const name of [...usualNames, 'articles', 'call_transcripts']) t.ok((first[name]?.firstRecordMs ?? 0) > 0, name)
  for (const { peakMebibytes = 0 } of Object.values(jobs)) t.ok(peakMebibytes > 20)
  t.ok((subjects['commits-of-50']?.store?.perSecond ?? 0) > 0)

  const { connector, service } = subjects['contacts-of-150'] ?? {}
  t.match(
    [connector, service],
    [
      { requests: 5, again: 0 },
      { requests: 5, secondsAfterFirst: Number },
    ],
  )
  t.ok((subjects['beside-1000-jobs']?.small?.waitedMs ?? -1) >= 0)

  t.match(errors, /^bench: about \d+ minutes on two idle cores .+: limit [\d.]+, throughput/)
  const page = await readFile(join(folder, 'docs/performance.md'), 'utf8')
  t.match(
    page,
    /^\| Refused +\| ≤ 0\.005 +\| 0 +\| (parts-1667-20 connector|contacts-of-150 \w+) +\| \w+ +\| yes +\|$/m,
  )
  t.match(page, /^\| Used two windows after .+\| ≥ 0\.9 +\| +\| +\| +\| not measured \|$/m)
  t.match(page, /^\| parts-1667-20 +\| connector +\| +25 \| +1 \|/m)
  const files = await readdir(join(folder, 'docs/performance'))
  const shown = [...page.matchAll(/\]\(performance\/([\w-]+\.\w+)\)/g)].map(([, file]) => file)
  t.same(files.toSorted(), [...new Set(shown)].toSorted(), 'the page shows every plot, and leads to all figures')

  const again = await bench(t, folder, ...tiny, '--write', '--resume')
  t.match(again, { code: 0, subjects: {} }, 'what is there is not measured again')
  t.equal(await readFile(join(folder, 'docs/performance.md'), 'utf8'), page)
})

t.test('the page and the line of the README are what the kept figures give', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const path of ['README.md', 'docs/performance']) await cp(path, join(folder, path), { recursive: true })
  const { code, errors } = await bench(t, folder, 'page')
  t.equal(code, 0, errors)
  const plots = (await readdir('docs/performance')).filter((file) => file.endsWith('.svg'))
  for (const path of ['README.md', 'docs/performance.md', ...plots.map((file) => `docs/performance/${file}`)])
    t.equal(await readFile(join(folder, path), 'utf8'), await readFile(path, 'utf8'), path)
})

t.test('arguments that cannot be are told with the usage', async (t) => {
  for (const [args, fault] of [
    [['speed'], 'there is no benchmark "speed"'],
    [['limit', '--cells', 'parts'], 'there is no cell "parts" among parts-1667-400'],
    [['limit', '--size', 'small'], '--size is not a number'],
  ] as const) {
    const { code, output } = await bench(t, process.cwd(), ...args)
    t.equal(code, 2)
    const [told, usage] = output.split('\n\n')
    t.equal(told?.slice(0, `bench: ${fault}`.length), `bench: ${fault}`)
    t.match(usage, /^npm run bench -- NAME/)
  }
})
