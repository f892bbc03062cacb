import { isDeepStrictEqual } from 'node:util'
import { createRandom } from '../../simulator/random.ts'
import { sides, startPoints } from '../support/failpoint-list.ts'
import { readIntegers, runWithTeardown } from '../support/long-run.ts'
import type { Teardown } from '../support/processes.ts'
import { apiDeaths, killApis } from './api-kills.ts'
import { openApiStage } from './api-stage.ts'
import { type FailpointsRun, writeEvidence } from './evidence.ts'
import { killAtRandom } from './random-kills.ts'
import { killStarts } from './start-kills.ts'
import { killWorkers, workerDeaths } from './worker-kills.ts'
import { openWorkerStage, type StageResult } from './worker-stage.ts'
import { drawSleeps, wakeZombies } from './zombies.ts'

const usage = 'npm run failpoints -- [--times N] [--kills N] [--zombies N] [--seed S]\n'

/** A run of fewer is a look, not evidence. */
const fewestTimes = 3

interface Plan {
  times: number
  kills: number
  zombies: number
  seed: number
}

async function main(): Promise<void> {
  const plan = readIntegers(usage, { times: 3, kills: 60, zombies: 30, seed: 1 })
  if (!plan) return
  const { times, kills, zombies, seed } = plan
  const began = performance.now()
  const run = await runWithTeardown((t) => harmAll(t, plan))
  const minutes = (performance.now() - began) / 60_000
  const command = `npm run failpoints -- --times ${times} --kills ${kills} --zombies ${zombies} --seed ${seed}`
  if (plan.times >= fewestTimes) await writeEvidence(run, { command, seed: plan.seed, minutes })
  process.stdout.write(`${JSON.stringify(run)} in ${minutes.toFixed(1)} minutes\n`)
  process.exitCode = run.jobs.faults.length === 0 ? 0 : 1
}

const tell = (news: string) => void process.stdout.write(`${news}\n`)

async function harmAll(t: Teardown, { times, kills, zombies, seed }: Plan): Promise<FailpointsRun> {
  const random = createRandom(seed)
  const deaths = workerDeaths(times, random)
  const results: StageResult[] = []
  const stageOf = async (streams: string[]) => {
    const stage = await openWorkerStage(t, { contacts: 1500, streams, seed })
    results.push(stage.result)
    return stage
  }
  await killWorkers(await stageOf(['contacts', 'companies', 'tags']), deaths, tell)
  await killAtRandom(await stageOf(['contacts', 'companies', 'tags']), kills, random, tell)
  await wakeZombies(await stageOf(['contacts']), drawSleeps(zombies, random), tell)
  const faults: string[] = []
  const ofApis = apiDeaths(times)
  await killApis(await openApiStage(t), ofApis, (outcome, expected, told) => {
    if (!isDeepStrictEqual(outcome, expected)) faults.push(`${told}: ${JSON.stringify(outcome)}`)
    tell(told)
  })
  for (let time = 0; time < times; time++) faults.push(...(await killStarts(t)))
  const sum = (count: (result: StageResult) => number) => results.reduce((total, one) => total + count(one), 0)
  return {
    workerDeaths: deaths.length,
    randomKills: kills,
    zombies,
    apiDeaths: ofApis.length,
    startDeaths: times * startPoints.length * sides.length,
    jobs: {
      jobs: sum(({ jobs }) => jobs),
      attempts: sum(({ attempts }) => attempts),
      records: sum(({ records }) => records),
      faults: [...results.flatMap((one) => one.faults), ...faults],
    },
  }
}

await main()
