import { randomUUID } from 'node:crypto'
import type { Simulator } from '../../simulator/app.ts'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import type { FaultKind } from '../../simulator/oracle/report.ts'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import type { Teardown } from '../support/processes.ts'
import { listenWorkspaces, type Workspaces } from '../support/workspaces.ts'
import { Bridge } from './bridge.ts'
import { Client } from './client.ts'
import { Losses } from './losses.ts'
import type { BridgeName, ClientName, Schedule, Step } from './schedule.ts'
import { type Service, startService } from './service.ts'

/** What was done, and what was wrong. */
export interface ScheduleResult {
  steps: number
  restores: number
  restarts: number
  replaced: number
  /** Processes that died at a failpoint. */
  deaths: number
  /** Faults of a network that have come. */
  networkFaults: number
  /** How often the disk was full, and files of long logs that were damaged. */
  fills: number
  damages: number
  /** Messages stored by all participants. */
  messages: number
  faults: string[]
}

/** What schedules are played on, one after the other. */
export interface Stage {
  service: Service
  workspaces: Workspaces
  /** Between the service and Intercom. */
  intercomNetwork: FaultProxy
  close(): Promise<void>
}

const tenants = { keeper: 'keeper', connected: 'connected', bridged: 'bridged' } as const
/** How much faster than the machine's the service's time runs: its longest patience, 150 s, is over in five. */
const speed = 30
const streams = ['contacts', 'tags']
/** Streams that go on from a state. */
const incremental = ['contacts']

export async function openStage(t: Teardown): Promise<Stage> {
  const closers: (() => unknown)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  t.teardown(close)
  const own: Teardown = { teardown: (closer) => closers.push(closer) }
  const workspaces = await listenWorkspaces(own)
  const intercomNetwork = await startFaultProxy(own, { port: Number(new URL(workspaces.url).port) }, 'port')
  const intercom = `http://127.0.0.1:${intercomNetwork.port}`
  const time = { began: Date.now(), speed }
  const service = await startService(own, { intercom, tenants: Object.values(tenants), time })
  return { service, workspaces, intercomNetwork, close }
}

interface World extends Pick<Stage, 'service' | 'intercomNetwork'> {
  /** Those of the keeper, of the connection, and of the bridge that has a token. */
  simulators: readonly [Simulator, Simulator, Simulator]
  clients: Record<ClientName, Client>
  bridges: Record<BridgeName, Bridge>
  /** What each of the snapshots was taken after: the number of a step, by the snapshot's number. */
  snapshots: { snapshot: number; step: number }[]
  losses: Losses
}

const noFaults = { deaths: 0, networkFaults: 0, fills: 0, damages: 0 }

/** Plays a schedule, lets everybody sync once more in peace, and holds what each has stored against the truth. */
export async function runSchedule(stage: Stage, schedule: Schedule): Promise<ScheduleResult> {
  const result: ScheduleResult = {
    steps: 0,
    restores: 0,
    restarts: 0,
    replaced: 0,
    ...noFaults,
    messages: 0,
    faults: [],
  }
  const { service, intercomNetwork } = stage
  const before = { deaths: service.deaths(), struck: intercomNetwork.struck() + service.redisNetwork.struck() }
  const world = await openWorld(stage, schedule)
  for (const [number, step] of schedule.steps.entries()) {
    await take(world, step, number)
    world.snapshots.push({ snapshot: await world.service.takeSnapshot(), step: number })
    result.steps++
    if (step.does === 'restore') result.restores++
    if (step.does === 'restart') result.restarts++
    if (step.does === 'replace') result.replaced++
    if (step.does === 'fill') result.fills++
  }
  await service.calm()
  intercomNetwork.calm()
  result.deaths = service.deaths() - before.deaths
  result.damages = world.losses.damages
  result.networkFaults = intercomNetwork.struck() + service.redisNetwork.struck() - before.struck
  const end = schedule.steps.length
  const { clients, bridges } = world
  await Promise.all([
    clients.keeper.syncToEnd(end),
    bridges.tokenBridge.syncToEnd(),
    bridges.connectionBridge.syncToEnd().then(() => clients.acknowledger.syncToEnd(end)),
  ])
  await judge(world, result)
  await world.service.dropSnapshots()
  return result
}

async function openWorld(
  { service, workspaces, intercomNetwork }: Stage,
  { seed, contacts, pageSize }: Schedule,
): Promise<World> {
  const connectionId = randomUUID()
  const open = async (place: number) => {
    const token = `token-${randomUUID()}`
    const simulator = await workspaces.open(token, {
      seed: 3 * seed + place + 1,
      contacts,
      tags: 8,
      oddities: false,
      companies: 0,
      conversations: 0,
      longConversations: 0,
      largestPage: pageSize,
      rateLimitPerWindow: 1e6,
      clock: service.clock,
    })
    return { token, simulator }
  }
  const [keeper, connected, bridged] = [await open(0), await open(1), await open(2)]
  const { status } = await service.call(tenants.connected, `/v1/connections/${connectionId}`, {
    method: 'PUT',
    body: JSON.stringify({ config: { access_token: connected.token }, streams }),
  })
  if (status !== 201) throw new Error(`the connection was not made: ${status}`)
  const losses = new Losses()
  const bridge = (tenant: string, access: object) =>
    new Bridge({ service, losses, tenant, access, streams, incremental })
  return {
    service,
    intercomNetwork,
    simulators: [keeper.simulator, connected.simulator, bridged.simulator],
    clients: {
      keeper: new Client({
        service,
        losses,
        tenant: tenants.keeper,
        incremental,
        acknowledges: false,
        bodyOf: (state) => ({ config: { access_token: keeper.token }, streams, state }),
      }),
      acknowledger: new Client({
        service,
        losses,
        tenant: tenants.connected,
        incremental,
        acknowledges: true,
        bodyOf: () => ({ connectionId }),
      }),
    },
    bridges: {
      tokenBridge: bridge(tenants.bridged, { access_token: bridged.token }),
      connectionBridge: bridge(tenants.connected, { connection_id: connectionId }),
    },
    snapshots: [],
    losses,
  }
}

async function take(world: World, step: Step, number: number) {
  const { service, simulators, clients, bridges, snapshots, losses, intercomNetwork } = world
  switch (step.does) {
    case 'start':
      return clients[step.client].start(number, step)
    case 'repeat':
      return clients[step.client].repeat(number)
    case 'read':
      return clients[step.client].read(step.messages)
    case 'acknowledge':
      return clients[step.client].acknowledge(step.back)
    case 'settle':
      return clients[step.client].settle()
    case 'forget':
      return clients[step.client].forget()
    case 'cancel':
      return clients[step.client].cancel()
    case 'launch':
      return bridges[step.bridge].launch()
    case 'await':
      return bridges[step.bridge].await(step.lines)
    case 'kill':
      return bridges[step.bridge].kill()
    case 'stop':
      return bridges[step.bridge].stop()
    case 'change':
      simulators[step.workspace]?.workspace.mutate({ kind: step.kind, count: step.count })
      return
    case 'restore': {
      const kept = snapshots.at(-1 - step.back) ?? snapshots[0]
      if (!kept) return
      await service.restore(kept.snapshot)
      losses.add(kept.step, number)
      return
    }
    case 'restart':
      await service.restart()
      // Nothing is lost, but nobody can be sure of that.
      losses.add(number, number)
      return
    case 'replace':
      return service.replace(step.signal)
    case 'arm':
      return service.replace('SIGTERM', step.failpoint)
    case 'freeze':
      return service.freeze(step.what, step.forMs)
    case 'network': {
      const network = step.to === 'redis' ? service.redisNetwork : intercomNetwork
      return network.strike(step.fault)
    }
    case 'fill':
      return service.disk.fill(step.at)
    case 'makeRoom':
      return service.disk.makeRoom()
    case 'damage': {
      const jobId = await service.damage(step.damage)
      if (jobId !== undefined) losses.damage(jobId)
      return
    }
  }
}

const wrongInUnion: ReadonlySet<FaultKind> = new Set(['missing', 'stale', 'unexpected'])
const wrongInLogs: ReadonlySet<FaultKind> = new Set(['unexpected', 'invalid_line'])
const wrongInLog: ReadonlySet<FaultKind> = new Set([...wrongInLogs, 'duplicate'])

/**
 * What each log holds must be of its workspace, and nothing twice. All that a participant has stored together, the newest
 * of each record last, is the truth.
 */
async function judge({ simulators, clients, bridges }: World, result: ScheduleResult): Promise<void> {
  const [keeper, connected, bridged] = simulators
  const participants = [
    { name: 'keeper', simulator: keeper, who: clients.keeper },
    { name: 'acknowledger', simulator: connected, who: clients.acknowledger },
    { name: 'token bridge', simulator: bridged, who: bridges.tokenBridge },
    { name: 'connection bridge', simulator: connected, who: bridges.connectionBridge },
  ]
  for (const { name, simulator, who } of participants) {
    for (const fault of await judgeStored(simulator, who, streams)) result.faults.push(`${name}: ${fault}`)
    result.messages += who.stored.length
  }
}

/** What somebody has stored. */
interface Stored {
  faults: readonly string[]
  logs: readonly { lines: readonly string[]; mayRepeat?: boolean }[]
  stored: readonly string[]
}

/** What is wrong with what somebody has stored of a workspace. */
export async function judgeStored(simulator: Simulator, who: Stored, streams: string[]): Promise<string[]> {
  const faults = [...who.faults]
  for (const log of who.logs)
    faults.push(...(await faultsOf(log.lines, simulator, log.mayRepeat ? wrongInLogs : wrongInLog)))
  const records = who.stored.filter((line) => line.startsWith('{"type":"RECORD"')).toSorted(byTime)
  return [...faults, ...(await faultsOf(records, simulator, wrongInUnion, streams))]
}

const timeOf = (line: string): number => (JSON.parse(line) as { record: { emitted_at: number } }).record.emitted_at
const byTime = (one: string, other: string): number => timeOf(one) - timeOf(other)

async function faultsOf(
  lines: readonly string[],
  simulator: Simulator,
  kinds: ReadonlySet<FaultKind>,
  expectStreams?: string[],
): Promise<string[]> {
  const messages = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  const report = await checkMessages([messages], simulator.workspace.truth({ streams }), {
    ...(expectStreams && { expectStreams }),
  })
  return report.faults
    .filter(({ kind }) => kinds.has(kind))
    .map(({ kind, stream, count, examples }) => `${kind} in ${stream}, ${count}: ${examples[0]}`)
}
