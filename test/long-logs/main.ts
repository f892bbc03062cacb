import { parseArgs } from 'node:util'
import { type LongRun, writeEvidence } from './evidence.ts'
import { runLongJob } from './long-job.ts'

const usage = 'npm run long-logs -- [--contacts N | --conversations N] [--window BYTES] [--seed S]\n'

/** Smaller jobs are a look, not evidence. */
const leastForEvidence = { 'never-read': 1_000_000, prose: 10_950 }
/** 250 MB. */
const mostMebibytes = 238

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      contacts: { type: 'string' },
      conversations: { type: 'string' },
      window: { type: 'string', default: String(32 << 20) },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  })
  const name = values.conversations === undefined ? 'never-read' : 'prose'
  const amount = Number(values.conversations ?? values.contacts ?? leastForEvidence[name])
  const [windowBytes, seed] = [Number(values.window), Number(values.seed)]
  if (values.help || ![amount, windowBytes, seed].every(Number.isInteger)) {
    process.stdout.write(usage)
    return
  }
  const isProse = name === 'prose'
  const size = { contacts: isProse ? 0 : amount, conversations: isProse ? amount : 0 }
  const closers: (() => unknown)[] = []
  try {
    const job = { ...size, isReadLive: isProse, windowBytes, seed }
    const figures = await runLongJob({ teardown: (close) => closers.unshift(close) }, job)
    process.stdout.write(`${JSON.stringify(figures)}\n`)
    const command = `npm run long-logs -- --${isProse ? 'conversations' : 'contacts'} ${amount} --seed ${seed}`
    if (amount >= leastForEvidence[name]) await writeEvidence({ name, job, figures }, command)
    process.exitCode = isGood({ name, job, figures }) ? 0 : 1
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
