import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { streamTable } from '../../src/streams/table.ts'
import { type Focus, histories, type Trouble, troubles } from './draw.ts'
import { writeEvidence } from './evidence.ts'
import { runHistories, runQuickly } from './histories.ts'
import type { History } from './history.ts'
import { runHistory } from './run-history.ts'

const usage = `npm run histories -- [--histories N] [--seed S] [--path P] [--only NAMES] [--about TEXT] [--survey] [--history FILE]

  --only    draws these troubles (${troubles.join(', ')}; none) and reads these streams only, by commas
  --about   counts faults only that have this text in them
  --history replays the history in this file, one JSON object
  --survey  does not stop at the first history that breaks the law, and tells each kind of fault once
`

/** A run with fewer histories is only a look, not evidence. */
const fewestForEvidence = 10_000
/** The same for histories in which only foreign answers go wrong. */
const fewestForeign = 2_000
/** The progress is printed every so many histories. */
const news = 500

function focusOf(only: string | undefined): Focus {
  if (only === undefined) return {}
  const names = only.split(',')
  const known = troubles.filter((name) => names.includes(name))
  const streams = streamTable.map(({ name }) => name).filter((name) => names.includes(name))
  const isNamed = known.length > 0 || names.includes('none')
  return { ...(isNamed && { troubles: new Set<Trouble>(known) }), ...(streams.length > 0 && { streams }) }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      histories: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      path: { type: 'string' },
      only: { type: 'string' },
      about: { type: 'string', default: '' },
      survey: { type: 'boolean', default: false },
      patience: { type: 'string', default: '120' },
      history: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const count = Number(values.histories)
  const seed = Number(values.seed)
  if (values.help || !Number.isInteger(count) || !Number.isInteger(seed)) {
    process.stdout.write(usage)
    return
  }
  if (values.history !== undefined) return tellStory(JSON.parse(await readFile(values.history, 'utf8')) as History)
  const focus = focusOf(values.only)
  if (values.survey) return survey(focus, count, seed, values.about)
  const began = performance.now()
  const run = await runHistories({
    ...focus,
    count,
    seed,
    about: values.about,
    patienceMs: 1000 * Number(values.patience),
    ...(values.path !== undefined && { path: values.path }),
    done: ({ histories: done }) => {
      if (done % news === 0) process.stdout.write(`${done} histories\n`)
    },
  })
  const minutes = (performance.now() - began) / 60_000
  const { totals, counterexample } = run
  // A search for something specific does not produce evidence.
  if (count >= fewestForEvidence && values.only === undefined && values.about === '') {
    const command = `npm run histories -- --histories ${count} --seed ${seed}`
    await writeEvidence(run, { command, minutes })
  }
  if (count >= fewestForeign && values.only === 'foreign' && values.about === '') {
    const command = `npm run histories -- --only foreign --histories ${count} --seed ${seed}`
    await writeEvidence(run, { command, minutes, isForeign: true })
  }
  process.stdout.write(`${JSON.stringify(totals)} in ${minutes.toFixed(1)} minutes\n`)
  if (counterexample === undefined) return
  const { path, history, faults } = counterexample
  process.stdout.write(`FAILED: --seed ${seed} --path ${path}\n${JSON.stringify(history)}\n${faults.join('\n')}\n`)
  process.exitCode = 1
}

/** Plays one history from a file, and prints what is wrong. */
async function tellStory(history: History): Promise<void> {
  const { faults, ...totals } = await runHistory(history)
  process.stdout.write(`${JSON.stringify(totals)}\n${faults.join('\n') || 'the law holds'}\n`)
}

/** Lists the ways in which many histories break the law, each with the first history that shows it. */
async function survey(focus: Focus, count: number, seed: number, about: string): Promise<void> {
  const kinds = new Map<string, { path: number; fault: string; count: number }>()
  let broken = 0
  for (const [path, history] of fc.sample(histories(focus), { seed, numRuns: count }).entries()) {
    const { faults } = await runQuickly(history).catch((error: Error) => ({ faults: [`thrown: ${error.message}`] }))
    const [fault] = faults.filter((text) => text.includes(about))
    if (fault === undefined) continue
    broken++
    const kind = fault.replace(/^job \d+/, 'job').replace(/\(.*/s, '')
    const known = kinds.get(kind) ?? { path, fault, count: 0 }
    kinds.set(kind, { ...known, count: known.count + 1 })
  }
  process.stdout.write(`${broken} of ${count} histories of seed ${seed} break the law\n`)
  for (const { path, fault, count: times } of [...kinds.values()].sort((one, other) => other.count - one.count))
    process.stdout.write(`${times} times, first --path ${path}: ${fault.slice(0, 300)}\n`)
}

await main()
