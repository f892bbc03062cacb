import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { dueBetween } from '../../src/schedules/due-times.ts'
import { isHeld } from '../../src/store/schedules/schedule-record.ts'
import { readScheduleRecord } from '../../src/store/schedules/scheduled-connections.ts'
import { untilHolds } from '../support/polling.ts'
import { cloneAndCompare, refreshAndCompare } from './copies.ts'
import { ask, type Model, tenant, type World } from './world.ts'

/** What somebody does with a connection, or what becomes of the service. Each is drawn, and left out when a failing history shrinks. */
export type Command = fc.AsyncCommand<Model, World>

type Step = (model: Model, world: World) => Promise<void>

/** A command of this name. After it the connection is what the model says. */
function command(name: string, parameters: readonly unknown[], step: Step): Command {
  return {
    check: () => true,
    async run(model, world) {
      world.step++
      await step(model, world)
      await compare(model, world)
    },
    toString: () => `${name}(${parameters.map((value) => JSON.stringify(value)).join(', ')})`,
  }
}

/** What a connection shows is what was said about it, in whatever state the service is. */
async function compare({ everyMinutes, isPaused, skips }: Model, world: World): Promise<void> {
  const { status, body } = await ask(world, 'GET', world.path)
  const shown = {
    status,
    schedule: body.schedule,
    paused: body.paused ?? false,
    skips: body.onMissingPermission === 'skip',
  }
  const schedule = everyMinutes === undefined ? { type: 'manual' } : { type: 'interval', every: `PT${everyMinutes}M` }
  const expected = { status: 200, schedule, paused: isPaused, skips }
  if (JSON.stringify(shown) !== JSON.stringify(expected))
    world.faults.push(`the connection is ${JSON.stringify(shown)}, not ${JSON.stringify(expected)}`)
}

async function expectStatus(world: World, what: string, asked: ReturnType<typeof ask>, wanted: number): Promise<void> {
  const { status, body } = await asked
  if (status !== wanted) world.faults.push(`${what} answered ${status} ${JSON.stringify(body)}`)
}

const putAgain = command('putAgain', [], async (_model, world) => {
  // What GET gives goes back as it is, its masks for the secrets.
  const { body } = await ask(world, 'GET', world.path)
  await expectStatus(world, 'PUT', ask(world, 'PUT', world.path, body), 200)
})

const schedule = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined, freq: 7 }).map((minutes) =>
  command('schedule', [minutes ?? null], async (model, world) => {
    const value = minutes === undefined ? null : { type: 'interval', every: `PT${minutes}M` }
    await expectStatus(world, 'PATCH', ask(world, 'PATCH', world.path, { schedule: value }), 200)
    model.everyMinutes = minutes
  }),
)

const skip = fc.boolean().map((skips) =>
  command('onMissingPermission', [skips], async (model, world) => {
    const body = { onMissingPermission: skips ? 'skip' : null }
    // Intercom is asked about other settings, and nothing is stored unless it accepts the token.
    const isRefused = model.isRevoked && skips !== model.skips
    await expectStatus(world, 'PATCH', ask(world, 'PATCH', world.path, body), isRefused ? 422 : 200)
    if (!isRefused) model.skips = skips
  }),
)

const pause = fc.boolean().map((isPaused) =>
  command(isPaused ? 'pause' : 'resume', [], async (model, world) => {
    await expectStatus(world, 'pause', ask(world, 'POST', `${world.path}/${isPaused ? 'pause' : 'resume'}`), 200)
    model.isPaused = isPaused
  }),
)

const start = fc
  .record({ live: fc.boolean(), detach: fc.boolean(), join: fc.boolean() })
  .map((how) => command('start', [how], (_model, { client, step }) => client.start(step, how)))

/** Takes up the latest sync of the connection, whoever has started it. */
const adopt = command('adopt', [], (_model, world) => adoptLatest(world))

const read = fc
  .integer({ min: 1, max: 60 })
  .map((messages) => command('readAfter', [messages], (_model, { client }) => client.read(messages)))

const acknowledge = fc
  .nat({ max: 20 })
  .map((back) => command('acknowledge', [back], (_model, { client }) => client.acknowledge(back)))

/** Everything of the latest sync is read and acknowledged, so that the next one is not waited for. */
const takeAll = command('takeAll', [], async (_model, world) => {
  await adoptLatest(world)
  await world.client.settle()
  await world.client.read(Number.POSITIVE_INFINITY)
  await world.client.acknowledge(0)
})

const cancel = command('cancel', [], (_model, { client }) => client.cancel())

const change = fc
  .record({
    kind: fc.constantFrom('update' as const, 'create' as const, 'delete' as const),
    count: fc.integer({ min: 1, max: 5 }),
  })
  .map((mutation) =>
    command('changeIntercom', [mutation], async (_model, { simulator }) => {
      simulator.workspace.mutate(mutation)
    }),
  )

const kill = fc
  .record({
    role: fc.constantFrom('api' as const, 'worker' as const),
    signal: fc.constantFrom('SIGKILL' as const, 'SIGTERM' as const),
  })
  .map(({ role, signal }) => command('kill', [role, signal], (_model, { fleet }) => fleet.replace(role, signal)))

const restartRedis = command('restartRedis', [], async (_model, { fleet, losses, step }) => {
  await fleet.restartRedis()
  // Nothing is lost, but nobody can be sure of that.
  losses.add(step, step)
})

const revokeToken = command('revokeToken', [], async (model, world) => {
  world.workspaces.revoke(world.token)
  world.revocations++
  model.isRevoked = true
})

/** Gives the connection another token of its workspace: what a refused one has stopped goes on. */
export async function giveToken(model: Model, world: World): Promise<void> {
  const next = `token-${randomUUID()}`
  world.workspaces.exchange(world.token, next)
  world.revocations++
  world.token = next
  await expectStatus(world, 'PATCH', ask(world, 'PATCH', world.path, { config: { access_token: next } }), 200)
  model.isRevoked = false
  const { body } = await ask(world, 'GET', world.path)
  if (body.health === 'needs_sign_in') world.faults.push('a connection with a new token needs a sign-in')
}

const signInAgain = command('signInAgain', [], giveToken)

const rotateKey = command('rotateKey', [], (_model, { fleet }) => fleet.rotateKey())

/** Each due time that passes has one job, or is counted as skipped. */
const advance = fc.integer({ min: 1, max: 12 }).map((minutes) =>
  command('advanceClock', [minutes], async (_model, world) => {
    const before = await readSchedule(world)
    world.fleet.advance(minutes * 60_000)
    if (!before?.sync || isHeld(before)) return
    const { schedule: set, setAt, lastDue } = before.sync
    const until = world.fleet.clock.now()
    await untilHolds(async () => {
      const now = await readSchedule(world)
      if (now?.signInNeededAt !== undefined) return true
      return now?.sync !== undefined && dueBetween(set, setAt, now.sync.lastDue, until).count === 0
    })
    const after = await readSchedule(world)
    if (!after?.sync) return
    const times = (await scheduledTimes(world)).filter((time) => time > lastDue && time <= (after.sync?.lastDue ?? 0))
    const due = dueBetween(set, setAt, lastDue, after.sync.lastDue).count
    const skipped = after.skippedRuns - before.skippedRuns
    if (due !== times.length + skipped)
      world.faults.push(`${due} due times passed, with ${times.length} jobs and ${skipped} skipped`)
  }),
)

const refresh = fc
  .record({ from: fc.nat({ max: 99 }), length: fc.nat({ max: 99 }), isOpen: fc.boolean() })
  .map((range) =>
    command('refresh', [range], async (model, world) => {
      if (!model.isRevoked) await refreshAndCompare(world, range)
    }),
  )

const clone = command('clone', [], async (model, world) => {
  if (!model.isRevoked) return cloneAndCompare(world, model)
  const body = { connectionId: randomUUID() }
  await expectStatus(world, 'clone', ask(world, 'POST', `${world.path}/clone`, body), 422)
})

/** One that shrinks to few commands. @param replayPath the commands of a history that failed */
export function drawCommands(mostCommands: number, replayPath: string | undefined): fc.Arbitrary<Iterable<Command>> {
  const often = [start, read, acknowledge, change, fc.constant(adopt), fc.constant(takeAll), advance, schedule]
  const seldom = [fc.constant(putAgain), skip, pause, fc.constant(cancel), kill, fc.constant(restartRedis)]
  return fc.commands<Model, World, false>(
    [
      ...often,
      ...often,
      ...often,
      ...seldom,
      fc.constant(rotateKey),
      fc.constant(revokeToken),
      fc.constant(signInAgain),
      refresh,
      fc.constant(clone),
    ],
    { maxCommands: mostCommands, size: 'max', ...(replayPath !== undefined && { replayPath }) },
  )
}

interface ShownJob {
  jobId: number
  jobType: string
  logEpoch: string
  scheduledFor?: string
}

async function readJobs(world: World): Promise<ShownJob[]> {
  const { body } = await ask<{ data: ShownJob[] }>(
    world,
    'GET',
    `/v1/jobs?connectionId=${world.connectionId}&limit=100`,
  )
  return body.data
}

/** The due times that have jobs, ms since the epoch. A due time with two jobs is a fault. */
export async function scheduledTimes(world: World): Promise<number[]> {
  const times = (await readJobs(world)).flatMap(({ scheduledFor }) => (scheduledFor ? [Date.parse(scheduledFor)] : []))
  if (new Set(times).size !== times.length) world.faults.push('a due time has two jobs')
  return times
}

export async function adoptLatest(world: World): Promise<void> {
  const latest = (await readJobs(world)).find(({ jobType }) => jobType === 'sync')
  if (latest) world.client.adopt(world.step, latest)
}

function readSchedule({ fleet, connectionId }: World) {
  return readScheduleRecord(fleet.redis, { tenant, connectionId })
}
