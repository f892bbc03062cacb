import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Teardown } from '../support/processes.ts'
import { writeEvidence } from './evidence.ts'
import { openStage, runSchedule } from './run-schedule.ts'
import type { Schedule } from './schedule.ts'
import { runSchedules } from './schedules.ts'

const usage = 'npm run schedules -- [--schedules N] [--seed S] [--path P] [--schedule FILE]\n'

/** A run of fewer schedules is a look, not evidence. */
const fewestForEvidence = 60
/** Told every so many schedules. */
const news = 20

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      schedules: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      path: { type: 'string' },
      schedule: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const [count, seed] = [Number(values.schedules), Number(values.seed)]
  if (values.help || !Number.isInteger(count) || !Number.isInteger(seed)) {
    process.stdout.write(usage)
    return
  }
  const closers: (() => unknown)[] = []
  const t: Teardown = { teardown: (close) => closers.unshift(close) }
  try {
    if (values.schedule === undefined) await playMany(t, count, seed, values.path)
    else {
      const schedule = JSON.parse(await readFile(values.schedule, 'utf8')) as Schedule
      process.stdout.write(`${JSON.stringify(await runSchedule(await openStage(t), schedule), null, 2)}\n`)
    }
  } finally {
    for (const close of closers) await close()
  }
}

async function playMany(t: Teardown, count: number, seed: number, path: string | undefined): Promise<void> {
  const began = performance.now()
  const run = await runSchedules(t, {
    count,
    seed,
    patienceMs: 120_000,
    ...(path !== undefined && { path }),
    done: ({ schedules: done }) => {
      if (done % news === 0) process.stdout.write(`${done} schedules\n`)
    },
  })
  const minutes = (performance.now() - began) / 60_000
  process.stdout.write(`${JSON.stringify(run.totals)} in ${minutes.toFixed(1)} minutes\n`)
  if (count >= fewestForEvidence)
    await writeEvidence(run, `npm run schedules -- --schedules ${count} --seed ${seed}`, minutes)
  if (!run.counterexample) return
  process.stdout.write(`${JSON.stringify(run.counterexample, null, 2)}\n`)
  process.exitCode = 1
}

await main()
