import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { runSchedule } from './run-schedule.ts'
import type { Schedule } from './schedule.ts'
import { runSchedules } from './schedules.ts'

const usage = 'npm run schedules -- [--schedules N] [--seed S] [--path P] [--schedule FILE]\n'

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
  if (values.schedule !== undefined) {
    const schedule = JSON.parse(await readFile(values.schedule, 'utf8')) as Schedule
    process.stdout.write(`${JSON.stringify(await runSchedule(schedule), null, 2)}\n`)
    return
  }
  const began = performance.now()
  const { totals, counterexample } = await runSchedules({
    count,
    seed,
    patienceMs: 120_000,
    ...(values.path !== undefined && { path: values.path }),
    done: ({ schedules: done }) => {
      if (done % news === 0) process.stdout.write(`${done} schedules\n`)
    },
  })
  const minutes = (performance.now() - began) / 60_000
  process.stdout.write(`${JSON.stringify(totals)} in ${minutes.toFixed(1)} minutes\n`)
  if (counterexample) process.stdout.write(`${JSON.stringify(counterexample, null, 2)}\n`)
  process.exitCode = counterexample ? 1 : 0
}

await main()
