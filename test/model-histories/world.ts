import { randomUUID } from 'node:crypto'
import type { Simulator } from '../../simulator/app.ts'
import { Client } from '../schedules/client.ts'
import { Losses } from '../schedules/losses.ts'
import type { Teardown } from '../support/processes.ts'
import { listenWorkspaces, type Workspaces } from '../support/workspaces.ts'
import { type Fleet, startFleet } from './fleet.ts'

export const tenant = 'modelled'
export const streams = ['contacts', 'tags']
/** At first a connection syncs by itself every so many minutes. */
export const firstMinutes = 5

/** What histories are played on, one after the other. */
export interface Stage {
  fleet: Fleet
  workspaces: Workspaces
}

export async function openStage(t: Teardown): Promise<Stage> {
  const workspaces = await listenWorkspaces(t)
  return { workspaces, fleet: await startFleet(t, { intercom: workspaces.url, tenant }) }
}

/** What must be true of a connection, by what was said about it. */
export interface Model {
  /** Minutes between two syncs; undefined: it syncs when it is asked to. */
  everyMinutes: number | undefined
  isPaused: boolean
  skips: boolean
  /** Intercom accepts the token that was last given no more. */
  isRevoked: boolean
}

/** The real thing. */
export interface World extends Stage {
  connectionId: string
  path: string
  simulator: Simulator
  /** The one that was last given. */
  token: string
  /** Tokens that were revoked. */
  revocations: number
  client: Client
  losses: Losses
  /** The number of the command that runs. */
  step: number
  faults: string[]
}

export interface Answer<Body = Record<string, unknown>> {
  status: number
  body: Body
}

export async function ask<Body = Record<string, unknown>>(
  { fleet }: Pick<World, 'fleet'>,
  method: string,
  path: string,
  body?: object,
): Promise<Answer<Body>> {
  const response = await fleet.call(tenant, path, { method, ...(body && { body: JSON.stringify(body) }) })
  return { status: response.status, body: (await response.json()) as Body }
}

/** A workspace of its own, a connection to it, and somebody who reads what comes. */
export async function openWorld(stage: Stage, seed: number): Promise<World> {
  const { fleet, workspaces } = stage
  const token = `token-${randomUUID()}`
  const simulator = await workspaces.open(token, {
    seed: seed + 1,
    contacts: 30,
    tags: 5,
    oddities: false,
    companies: 0,
    conversations: 0,
    longConversations: 0,
    largestPage: 7,
    rateLimitPerWindow: 1e6,
    clock: fleet.clock,
  })
  const connectionId = randomUUID()
  const losses = new Losses()
  const world: World = {
    ...stage,
    connectionId,
    path: `/v1/connections/${connectionId}`,
    simulator,
    token,
    revocations: 0,
    client: new Client({
      service: fleet,
      losses,
      tenant,
      incremental: ['contacts'],
      acknowledges: true,
      // A job goes on with the token with which it began.
      mayFail: (code) => code === 'token_invalid' && world.revocations > 0,
      bodyOf: () => ({ connectionId }),
    }),
    losses,
    step: 0,
    faults: [],
  }
  const { status } = await ask(world, 'PUT', world.path, {
    config: { access_token: token },
    streams,
    schedule: { type: 'interval', every: `PT${firstMinutes}M` },
  })
  if (status !== 201) throw new Error(`the connection was not made: ${status}`)
  return world
}
