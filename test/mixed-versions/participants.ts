import { randomUUID } from 'node:crypto'
import type { Simulator } from '../../simulator/app.ts'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { streamTable } from '../../src/streams/table.ts'
import type { Workspaces } from '../support/workspaces.ts'
import type { Tenant } from './fleet.ts'
import type { RoundPlan } from './plan.ts'

/** Somebody with a workspace of its own. */
export interface Participant {
  tenant: Tenant
  token: string
  simulator: Simulator
  /** What its jobs read. */
  streams: readonly string[]
}

/** Streams that go on from a state. */
export const incremental: ReadonlySet<string> = new Set(
  streamTable.flatMap(({ name, cursor }) => (cursor ? [name] : [])),
)

/** Intercom's limit for the two jobs of one token is less than they could use. */
const tight: SimulatorOptions = { rateLimitPerWindow: 80, contacts: 20, conversations: 40 }
/** While workers come and go. */
const latencyMs = 250

/** By the tenant they call as. */
export type Participants = Readonly<Record<Tenant, Participant>>

/** A workspace for each tenant, drawn for the round. */
export async function openParticipants(workspaces: Workspaces, plan: RoundPlan): Promise<Participants> {
  const { contacts, conversations, companies, pageSize } = plan
  const hasCompanies = companies > 0
  // Processes of earlier versions do not know the others.
  const all = streamTable
    .filter(({ derived }) => !derived)
    .map(({ name }) => name)
    .filter((name) => hasCompanies || !/^compan(ies|y_segments)$/.test(name))
  const open = async (tenant: Tenant, place: number, streams: readonly string[], options: SimulatorOptions) => {
    const token = `token-${randomUUID()}`
    const simulator = await workspaces.open(token, {
      seed: 10 * plan.seed + place,
      contacts,
      conversations,
      companies,
      longConversations: 0,
      tickets: 20,
      activityLogs: 60,
      largestPage: pageSize,
      ...options,
    })
    return { tenant, token, simulator, streams }
  }
  const few = ['contacts', 'conversations', 'conversation_parts', 'tags']
  return {
    keeper: await open('keeper', 0, all, {}),
    connected: await open('connected', 1, all, {}),
    live: await open('live', 2, few, {}),
    sharing: await open('sharing', 3, few, tight),
    cancelling: await open('cancelling', 4, few, {}),
  }
}

/** Intercom takes its time over each answer, so that workers come and go in the middle of jobs; or it does no longer. */
export function setLatency(participants: Participants, isSlow: boolean): void {
  for (const { simulator } of Object.values(participants)) {
    simulator.faults.clear()
    if (isSlow) simulator.faults.next([{ delayMs: latencyMs, repeat: Number.POSITIVE_INFINITY }])
  }
}

/** So many records are updated, made and deleted in every workspace. */
export function change({ keeper, connected, live, sharing }: Participants, count: number): void {
  if (count === 0) return
  for (const { simulator } of [keeper, connected, live, sharing])
    for (const kind of ['update', 'create', 'delete'] as const) simulator.workspace.mutate({ kind, count })
}
