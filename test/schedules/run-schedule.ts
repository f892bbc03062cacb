import type { Simulator } from '../../simulator/app.ts'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import type { FaultKind } from '../../simulator/oracle/report.ts'
import { Bridge } from './bridge.ts'
import { Client } from './client.ts'
import type { BridgeName, ClientName, Schedule, Step } from './schedule.ts'
import { type Service, startService } from './service.ts'
import { sharedClock } from './shared-clock.ts'
import { listenWorkspaces, type Workspaces } from './workspaces.ts'

/** What was done, and what was wrong. */
export interface ScheduleResult {
  steps: number
  restores: number
  replaced: number
  /** Messages stored by all participants. */
  messages: number
  faults: string[]
}

const tokens = ['keeper-token', 'connection-token', 'bridge-token'] as const
const tenants = { keeper: 'keeper', connected: 'connected', bridged: 'bridged' } as const
const connectionId = 'acme'
/** How much faster than the machine's the service's time runs: its longest patience, 150 s, is over in five. */
const speed = 30
const streams = ['contacts', 'tags']
/** Streams whose state a client without a connection keeps. */
const incremental = ['contacts']

interface World {
  service: Service
  workspaces: Workspaces
  clients: Record<ClientName, Client>
  bridges: Record<BridgeName, Bridge>
  /** The number of the step after which each snapshot was taken. */
  snapshots: number[]
  /** Steps whose writes a restore has taken back. */
  lost: { from: number; to: number }[]
}

/** Plays a schedule, lets everybody sync once more in peace, and holds what each has stored against the truth. */
export async function runSchedule(schedule: Schedule): Promise<ScheduleResult> {
  const closers: (() => unknown)[] = []
  const result: ScheduleResult = { steps: 0, restores: 0, replaced: 0, messages: 0, faults: [] }
  try {
    const world = await openWorld(schedule, (close) => void closers.unshift(close))
    for (const [number, step] of schedule.steps.entries()) {
      await take(world, step, number)
      world.snapshots[await world.service.takeSnapshot()] = number
      result.steps++
      if (step.does === 'restore') result.restores++
      if (step.does === 'replace') result.replaced++
    }
    const end = schedule.steps.length
    await world.clients.keeper.syncToEnd(end)
    await world.bridges.tokenBridge.syncToEnd()
    await world.bridges.connectionBridge.syncToEnd()
    await world.clients.acknowledger.syncToEnd(end)
    await judge(world, result)
  } finally {
    for (const close of closers) await close()
  }
  return result
}

async function openWorld(
  { seed, contacts, pageSize }: Schedule,
  teardown: (close: () => unknown) => void,
): Promise<World> {
  const traits = (place: number) => ({
    seed: 3 * seed + place + 1,
    contacts,
    tags: 8,
    oddities: false,
    companies: 0,
    conversations: 0,
    longConversations: 0,
    largestPage: pageSize,
    rateLimitPerWindow: 1e6,
  })
  const time = { began: Date.now(), speed }
  const clock = sharedClock(time)
  const workspaces = await listenWorkspaces(
    { teardown },
    Object.fromEntries(tokens.map((token, place) => [token, { ...traits(place), clock }])),
  )
  const service = await startService({ teardown }, { intercom: workspaces.url, tenants: Object.values(tenants), time })
  const [keeperToken, connectionToken, bridgeToken] = tokens
  await service.call(tenants.connected, `/v1/connections/${connectionId}`, {
    method: 'PUT',
    body: JSON.stringify({ config: { access_token: connectionToken }, streams }),
  })
  const client = (tenant: string, acknowledges: boolean, bodyOf: (states: readonly object[]) => object) =>
    new Client({ service, tenant, acknowledges, incremental, bodyOf })
  return {
    service,
    workspaces,
    clients: {
      keeper: client(tenants.keeper, false, (state) => ({
        config: { access_token: keeperToken },
        streams,
        state,
      })),
      acknowledger: client(tenants.connected, true, () => ({ connectionId })),
    },
    bridges: {
      tokenBridge: new Bridge({
        service,
        tenant: tenants.bridged,
        access: { access_token: bridgeToken },
        streams: incremental,
      }),
      connectionBridge: new Bridge({
        service,
        tenant: tenants.connected,
        access: { connection_id: connectionId },
        streams: incremental,
      }),
    },
    snapshots: [],
    lost: [],
  }
}

async function take({ service, workspaces, clients, bridges, snapshots, lost }: World, step: Step, number: number) {
  // What was done in a step that a restore has taken back may be unknown to the service.
  const isLost = (since: number) =>
    lost.some(({ from, to }) => (Number.isFinite(since) ? since >= from && since <= to : true))
  switch (step.does) {
    case 'start':
      return clients[step.client].start(number, step)
    case 'repeat':
      return clients[step.client].repeat(number, isLost)
    case 'read':
      return clients[step.client].read(step.messages, isLost)
    case 'acknowledge':
      return clients[step.client].acknowledge(step.back, isLost)
    case 'forget':
      return clients[step.client].forget()
    case 'cancel':
      return clients[step.client].cancel(isLost)
    case 'launch':
      return bridges[step.bridge].launch()
    case 'await':
      return bridges[step.bridge].await(step.lines)
    case 'kill':
      return bridges[step.bridge].kill()
    case 'stop':
      return bridges[step.bridge].stop()
    case 'change':
      change(workspaces, step)
      return
    case 'restore': {
      const snapshot = snapshots.length - 1 - step.back
      if (snapshot < 0) return
      await service.restore(snapshot)
      lost.push({ from: (snapshots[snapshot] ?? 0) + 1, to: number })
      return
    }
    case 'replace':
      return service.replace(step.signal)
  }
}

function change({ byToken }: Workspaces, { workspace, count }: { workspace: number; count: number }): void {
  const simulator = [...byToken.values()][workspace]
  simulator?.workspace.mutate({ kind: 'update', count })
  simulator?.workspace.mutate({ kind: 'create', count: 1 })
}

const wrongInUnion: ReadonlySet<FaultKind> = new Set(['missing', 'stale', 'unexpected'])
const wrongInLog: ReadonlySet<FaultKind> = new Set(['unexpected', 'duplicate', 'invalid_line'])

async function judge({ workspaces, clients, bridges }: World, result: ScheduleResult): Promise<void> {
  const [keeper, connected, bridged] = [...workspaces.byToken.values()]
  const participants = [
    {
      name: 'keeper',
      simulator: keeper,
      logs: clients.keeper.logs.map(({ lines }) => lines),
      faults: clients.keeper.faults,
    },
    {
      name: 'acknowledger',
      simulator: connected,
      logs: clients.acknowledger.logs.map(({ lines }) => lines),
      faults: clients.acknowledger.faults,
    },
    {
      name: 'token bridge',
      simulator: bridged,
      logs: [],
      all: bridges.tokenBridge.lines,
      faults: bridges.tokenBridge.faults,
    },
    {
      name: 'connection bridge',
      simulator: connected,
      logs: [],
      all: bridges.connectionBridge.lines,
      faults: bridges.connectionBridge.faults,
    },
  ]
  for (const { name, simulator, logs, all, faults } of participants) {
    const stored = all ?? logs.flat()
    result.messages += stored.length
    result.faults.push(...faults.map((fault) => `${name}: ${fault}`))
    if (simulator === undefined) continue
    for (const log of logs) result.faults.push(...(await faultsOf(name, log, simulator, wrongInLog)))
    const records = stored.filter((line) => line.startsWith('{"type":"RECORD"')).toSorted(byTime)
    result.faults.push(...(await faultsOf(name, records, simulator, wrongInUnion, all ? incremental : streams)))
  }
}

const timeOf = (line: string): number => (JSON.parse(line) as { record: { emitted_at: number } }).record.emitted_at
const byTime = (one: string, other: string): number => timeOf(one) - timeOf(other)

async function faultsOf(
  name: string,
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
    .map(({ kind, stream, count, examples }) => `${name}: ${kind} in ${stream}, ${count}: ${examples[0]}`)
}
