import fc from 'fast-check'
import { judgeStored } from '../schedules/run-schedule.ts'
import type { Teardown } from '../support/processes.ts'
import { adoptLatest, drawCommands, giveToken, scheduledTimes } from './commands.ts'
import { ask, firstMinutes, type Model, openStage, openWorld, type Stage, streams, type World } from './world.ts'

export interface HistoriesOptions {
  count: number
  mostCommands: number
  seed: number
  /** Begins at this history, e.g. at one that failed. */
  path?: string | undefined
  /** Its commands that were run. */
  replayPath?: string | undefined
  /** Longest that a failing history is made smaller, ms. */
  patienceMs: number
  /** Told of every history. */
  done?: (totals: Totals) => void
}

export interface Totals {
  histories: number
  commands: number
  scheduledJobs: number
  messages: number
}

export interface HistoriesRun {
  totals: Totals
  /** What is wrong, the commands, and how to play them again; absent when the model holds. */
  counterexample?: { faults: string[]; commands: string; replay: string }
}

/** Then a fleet begins anew: Redis keeps all jobs. */
const historiesOnAStage = 25

/** Draws histories until one is not what the model says, and makes that one as small as can be. */
export async function runHistories(t: Teardown, options: HistoriesOptions): Promise<HistoriesRun> {
  const { count, mostCommands, seed, path, replayPath, patienceMs, done } = options
  const totals: Totals = { histories: 0, commands: 0, scheduledJobs: 0, messages: 0 }
  const stages = createStages(t)
  let failedAt: number | undefined
  let last: { faults: string[]; commands: string } | undefined
  const property = fc.asyncProperty(
    fc.nat({ max: 999 }),
    drawCommands(mostCommands, replayPath),
    async (workspace, commands) => {
      // Of a history that fails already anything smaller will do, but not for ever.
      if (failedAt !== undefined && performance.now() - failedAt > patienceMs) return
      const world = await openWorld(await stages.next(), workspace)
      const model: Model = { everyMinutes: firstMinutes, isPaused: false, skips: false, isRevoked: false }
      await fc.asyncModelRun(() => ({ model, real: world }), commands)
      const figures = await endInPeace(model, world)
      if (failedAt === undefined) {
        totals.histories++
        totals.commands += world.step
        totals.scheduledJobs += figures.scheduledJobs
        totals.messages += figures.messages
        done?.(totals)
      }
      if (world.faults.length === 0) return
      failedAt ??= performance.now()
      last = { faults: world.faults, commands: String(commands) }
      throw new Error(world.faults.join('\n'))
    },
  )
  const details = await fc.check(property, { numRuns: count, seed, ...(path !== undefined && { path }) })
  await stages.close()
  if (!details.failed) return { totals }
  const [, commands] = details.counterexample ?? []
  const text = last?.commands ?? String(commands)
  const replayed = /replayPath="([^"]*)"/.exec(String(commands))?.[1] ?? ''
  const replay = `npm run model-histories -- --seed ${details.seed} --path ${details.counterexamplePath} --commands ${mostCommands} --replay '${replayed}'`
  const faults = last?.faults ?? [String(details.errorInstance)]
  return { totals, counterexample: { faults, commands: text, replay } }
}

/** A stage for each history, the same one for some in a row. */
function createStages(t: Teardown) {
  const closers: (() => unknown)[] = []
  const close = async () => {
    for (const closer of closers.splice(0)) await closer()
  }
  t.teardown(close)
  const own: Teardown = { teardown: (closer) => closers.unshift(closer) }
  let stage: Stage | undefined
  let played = 0
  return {
    close,
    async next(): Promise<Stage> {
      if (stage === undefined || played++ % historiesOnAStage === historiesOnAStage - 1) {
        await close()
        stage = await openStage(own)
      }
      return stage
    },
  }
}

/** Nothing begins by itself any more; after one more sync, what was acknowledged is the truth. */
async function endInPeace(model: Model, world: World): Promise<{ scheduledJobs: number; messages: number }> {
  if (model.isRevoked) await giveToken(model, world)
  const { client, simulator, path, step } = world
  await ask(world, 'POST', `${path}/pause`)
  await adoptLatest(world)
  await client.settle()
  await client.syncToEnd(step + 1)
  const times = await scheduledTimes(world)
  world.faults.push(...(await judgeStored(simulator, client, streams)))
  return { scheduledJobs: times.length, messages: client.stored.length }
}
