import { parseArgs } from 'node:util'
import { syncBulkEdit } from './bulk-edit.ts'
import { type RedisLoad, writeEvidence } from './evidence.ts'
import { lookAtQueuedJobs } from './queued-jobs.ts'

const usage = 'npm run redis-load -- [--jobs N] [--contacts N] [--seed S]\n'

/** Fewer are a look, not evidence. */
const leastForEvidence = { jobs: 10_000, contacts: 300_000 }
const most = { share: 0.05, ms: 10 }

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      jobs: { type: 'string', default: String(leastForEvidence.jobs) },
      contacts: { type: 'string', default: String(leastForEvidence.contacts) },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  })
  const [jobs, contacts, seed] = [Number(values.jobs), Number(values.contacts), Number(values.seed)]
  if (values.help || ![jobs, contacts, seed].every(Number.isInteger)) {
    process.stdout.write(usage)
    return
  }
  const queued = { jobs, workers: 4, lookMs: 60_000 }
  const edit = { contacts, changed: Math.round(contacts * 0.13), seed, toldAboveMs: 5 }
  const load: RedisLoad = {
    queued: { plan: queued, figures: await inTurn((t) => lookAtQueuedJobs(t, queued)) },
    edit: { plan: edit, figures: await inTurn((t) => syncBulkEdit(t, edit)) },
  }
  process.stdout.write(`${JSON.stringify(load)}\n`)
  const command = `npm run redis-load -- --jobs ${jobs} --contacts ${contacts} --seed ${seed}`
  if (jobs >= leastForEvidence.jobs && contacts >= leastForEvidence.contacts) await writeEvidence(load, command)
  const { figures } = load.queued
  const isIdle = figures.share - figures.shareWithoutJobs <= most.share && figures.waiting >= jobs - 4 * 10
  process.exitCode = isIdle && !load.edit.figures.slow.some(({ ms }) => ms > most.ms) ? 0 : 1
}

/** Ends what a part has started before the next one starts. */
async function inTurn<Result>(part: (t: { teardown(close: () => unknown): void }) => Promise<Result>): Promise<Result> {
  const closers: (() => unknown)[] = []
  try {
    return await part({ teardown: (close) => closers.unshift(close) })
  } finally {
    for (const close of closers) await close()
  }
}

await main()
