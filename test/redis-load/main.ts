import { readIntegers, runWithTeardown } from '../support/long-run.ts'
import { syncBulkEdit } from './bulk-edit.ts'
import { type RedisLoad, writeEvidence } from './evidence.ts'
import { lookAtQueuedJobs } from './queued-jobs.ts'

const usage = 'npm run redis-load -- [--jobs N] [--contacts N] [--seed S]\n'

/** Fewer are a look, not evidence. */
const leastForEvidence = { jobs: 10_000, contacts: 300_000 }
const most = { share: 0.05, ms: 10 }

async function main(): Promise<void> {
  const options = readIntegers(usage, { ...leastForEvidence, seed: 1 })
  if (!options) return
  const { jobs, contacts, seed } = options
  const queued = { jobs, workers: 4, lookMs: 60_000 }
  const edit = { contacts, changed: Math.round(contacts * 0.13), seed, toldAboveMs: 5 }
  const load: RedisLoad = {
    queued: { plan: queued, figures: await runWithTeardown((t) => lookAtQueuedJobs(t, queued)) },
    edit: { plan: edit, figures: await runWithTeardown((t) => syncBulkEdit(t, edit)) },
  }
  process.stdout.write(`${JSON.stringify(load)}\n`)
  const command = `npm run redis-load -- --jobs ${jobs} --contacts ${contacts} --seed ${seed}`
  if (jobs >= leastForEvidence.jobs && contacts >= leastForEvidence.contacts) await writeEvidence(load, command)
  const { figures } = load.queued
  const isIdle = figures.share - figures.shareWithoutJobs <= most.share && figures.waiting >= jobs - 4 * 10
  process.exitCode = isIdle && !load.edit.figures.slow.some(({ ms }) => ms > most.ms) ? 0 : 1
}

await main()
