import { parseArgs } from 'node:util'
import type { Teardown } from '../support/processes.ts'
import { onRealRedis } from '../support/redis.ts'
import { listenWorkspaces } from '../support/workspaces.ts'
import { type MixedRun, writeEvidence } from './evidence.ts'
import { createFigures } from './figures.ts'
import { startFleet } from './fleet.ts'
import { planRound } from './plan.ts'
import { runRound } from './run-round.ts'
import { prepareVersions } from './versions.ts'

const usage = 'npm run mixed-versions -- [--with COMMIT] [--rounds N] [--seed S] [--round N]\n'

/** 0.1.0, whose logs are in Redis as a whole. */
const defaultCommit = '684af15'
/** About a quarter of an hour on two busy cores. */
const usualRounds = 25
/** A run of fewer rounds is a look, not evidence. */
const fewestForEvidence = 20

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      with: { type: 'string', default: defaultCommit },
      rounds: { type: 'string', default: String(usualRounds) },
      seed: { type: 'string', default: '1' },
      round: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const [commit, seed, first] = [values.with, Number(values.seed), Number(values.round ?? 1)]
  // One round alone is that of a long run which found something.
  const rounds = values.round === undefined ? Number(values.rounds) : 1
  if (values.help || ![rounds, seed, first].every(Number.isInteger)) {
    process.stdout.write(usage)
    return
  }
  if (onRealRedis.skip) throw new Error(onRealRedis.skip)
  const closers: (() => unknown)[] = []
  const began = performance.now()
  try {
    const run = await playRounds({ teardown: (close) => closers.unshift(close) }, { commit, first, rounds, seed })
    const minutes = (performance.now() - began) / 60_000
    const command = `npm run mixed-versions -- --with ${commit} --rounds ${rounds} --seed ${seed}`
    if (rounds >= fewestForEvidence) await writeEvidence(run, { command, seed, commit, minutes })
    process.stdout.write(`${JSON.stringify(run.figures.totals(), null, 1)}\nin ${minutes.toFixed(1)} minutes\n`)
    process.stdout.write(`${run.faults.join('\n') || 'nothing was wrong'}\n`)
    process.exitCode = run.faults.length === 0 ? 0 : 1
  } finally {
    for (const close of closers) await close()
  }
}

interface RunOptions {
  /** The old version. */
  commit: string
  /** Number of the first round. */
  first: number
  rounds: number
  seed: number
}

async function playRounds(t: Teardown, { commit, first, rounds, seed }: RunOptions): Promise<MixedRun> {
  process.stdout.write(`seed ${seed}; ${commit} is compiled\n`)
  const executables = await prepareVersions(t, commit)
  const workspaces = await listenWorkspaces(t)
  const fleet = await startFleet(t, executables, workspaces.url)
  const figures = createFigures()
  const faults: string[] = []
  for (let number = first; number < first + rounds; number++) {
    const plan = planRound(seed, number)
    const began = performance.now()
    const found = await runRound({ fleet, workspaces, figures }, plan)
    const seconds = Math.round((performance.now() - began) / 1000)
    const workers = plan.phases.map((phase) => phase.workers.join('+')).join(', ')
    process.stdout.write(`round ${number}: workers ${workers}; ${found.length} faults, ${seconds} s\n`)
    for (const fault of found) process.stdout.write(`${fault}\n`)
    faults.push(...found.map((fault) => `round ${number}: ${fault}`))
  }
  if (figures.totals().sharedBudgets === 0 && rounds >= fewestForEvidence)
    faults.push('workers of the two versions never shared the usage of a token')
  for (const version of fleet.workers) await fleet.endWorker(version, 'SIGTERM')
  return { rounds, figures, faults: [...faults, ...fleet.takeFaults()] }
}

await main()
