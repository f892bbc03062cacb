import { parseArgs } from 'node:util'
import { type LongRun, writeEvidence } from './evidence.ts'
import { type LongJob, runLongJob } from './long-job.ts'

const usage = 'npm run long-logs -- [--contacts N] [--conversations N] [--window BYTES] [--seed S]\n'

/** Smaller jobs are a look, not evidence. */
const leastForEvidence = { contacts: 1_000_000, conversations: 8000 }
const mostMebibytes = 250

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      contacts: { type: 'string', default: String(leastForEvidence.contacts) },
      conversations: { type: 'string', default: String(leastForEvidence.conversations) },
      window: { type: 'string', default: String(32 << 20) },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  })
  const [contacts, conversations, windowBytes, seed] = [
    Number(values.contacts),
    Number(values.conversations),
    Number(values.window),
    Number(values.seed),
  ]
  if (values.help || ![contacts, conversations, windowBytes, seed].every(Number.isInteger)) {
    process.stdout.write(usage)
    return
  }
  const runs = [
    await run('Nobody reads', { isReadLive: false, contacts, conversations: 0, windowBytes, seed }),
    await run('Prose, read live', { isReadLive: true, contacts: 0, conversations, windowBytes, seed }),
  ]
  const isEvidence = contacts >= leastForEvidence.contacts && conversations >= leastForEvidence.conversations
  const command = `npm run long-logs -- --contacts ${contacts} --conversations ${conversations} --seed ${seed}`
  if (isEvidence) await writeEvidence(runs, command, seed)
  process.exitCode = runs.every(isGood) ? 0 : 1
}

async function run(title: string, job: LongJob): Promise<LongRun> {
  const closers: (() => unknown)[] = []
  try {
    const figures = await runLongJob({ teardown: (close) => closers.unshift(close) }, job)
    process.stdout.write(`${title}: ${JSON.stringify(figures)}\n`)
    return { title, job, figures }
  } finally {
    for (const close of closers) await close()
  }
}

function isGood({ job, figures }: LongRun): boolean {
  const isSmall = figures.redisGrowth <= job.windowBytes * 1.1
  const isLean = figures.workerPeak <= mostMebibytes && figures.apiPeak <= mostMebibytes
  return figures.status === 'succeeded' && figures.faults.length === 0 && isSmall && isLean
}

await main()
