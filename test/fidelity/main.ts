import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { writeEvidence } from './evidence.ts'
import type { SeedResult } from './run-seed.ts'

/** A run with fewer seeds is only a look, not evidence. */
const fewestForEvidence = 200

/** One line that describes the result of a seed. */
function describe({ scenario, syncs, continued, records, requests, changes, faults }: SeedResult): string {
  const { seed, version, options } = scenario
  const counts = `${syncs} syncs, ${continued} continued, ${requests} requests, ${records} records, ${changes} changes`
  return `${String(seed).padStart(4)}  ${version}  ${options.timezone}  ${counts}  ${faults.length === 0 ? 'ok' : 'FAILED'}`
}

/** Runs seeds on all cores. @returns in the order of the seeds */
async function runAll(seeds: readonly number[]): Promise<SeedResult[]> {
  const waiting = [...seeds]
  const results: SeedResult[] = []
  const workers = Array.from({ length: Math.min(availableParallelism(), seeds.length) }, async () => {
    const worker = new Worker(new URL('./worker.js', import.meta.url))
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
      worker.postMessage(seed)
      const [result] = (await once(worker, 'message')) as [SeedResult]
      results.push(result)
      process.stdout.write(`${describe(result)}\n`)
      for (const fault of result.faults) process.stdout.write(`      ${fault}\n`)
    }
    await worker.terminate()
  })
  await Promise.all(workers)
  return results.sort((one, other) => one.scenario.seed - other.scenario.seed)
}

/**
 * Random workspaces, synced by the engine and judged by the oracle. `--seed N` replays one and describes it in full.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '200' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
    },
  })
  const first = Number(values.seed ?? values.from)
  const count = values.seed === undefined ? Number(values.seeds) : 1
  if (!Number.isInteger(first) || !Number.isInteger(count)) throw new RangeError('seeds are whole numbers')
  if (values.seed !== undefined) {
    const { drawScenario } = await import('../../simulator/scenario/scenario.ts')
    process.stdout.write(`${JSON.stringify(drawScenario(first), null, 1)}\n`)
  }
  const began = performance.now()
  const results = await runAll(Array.from({ length: count }, (_, place) => first + place))
  const failed = results.filter(({ faults }) => faults.length > 0)
  process.stdout.write(`${results.length - failed.length} of ${results.length} seeds ok\n`)
  if (count >= fewestForEvidence) await writeEvidence(results, (performance.now() - began) / 60_000)
  process.exitCode = failed.length === 0 ? 0 : 1
}

await main()
