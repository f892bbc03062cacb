import { storeAnswer } from '../../store/availability.ts'
import type { StoreClient } from '../../store/keys.ts'
import { runScript } from '../../store/script.ts'
import { admitScript, leaveScript, noteLimitsScript } from './turns.lua.ts'

/** The jobs that share their turns: those of one access token of one tenant. */
export interface Flow {
  /** Digest of the access token; '' for a job of an earlier version. */
  token: string
  tenant: string
}

/** A job whose turn has come. */
export interface QueueEntry {
  jobId: number
  /** In BullMQ's queue; 1 comes first. */
  priority: number
}

/** A job that a worker has. */
interface OwnJob {
  jobId: number
  /** How long its token will be at its limit, ms; undefined if it is not. */
  limitedMs: number | undefined
}

/** Who waits for a slot, and who has one. */
interface SlotReport {
  /** The flows of the jobs that could begin now, one entry for each job. */
  waiting: Flow[]
  /** The flows of the jobs that were named, in the same order. */
  own: Flow[]
}

/** The order in which jobs come to BullMQ's queue. */
export interface Turns {
  /** Takes a job in, unless it waits here already. @returns the jobs whose turn has come */
  join(jobId: number, flow: Flow): Promise<QueueEntry[]>
  /** @returns the jobs whose turn has come */
  admit(): Promise<QueueEntry[]>
  /** Notes which tokens are at their limit, and tells who waits. */
  look(own: readonly OwnJob[]): Promise<SlotReport>
  /** The jobs that wait here. */
  listPending(): Promise<number[]>
  /** The jobs that have had their turn and have not ended, and maybe some that have. */
  listUnderWay(): Promise<number[]>
  /** The job has ended, or need not begin. */
  leave(jobId: number): Promise<void>
  /** How many jobs wait here. */
  count(): Promise<number>
}

/**
 * Jobs that BullMQ's queue holds. Enough for slots that become free at one moment; few, because their order no longer
 * changes.
 */
const mostAdmitted = 8

/** The lowest that BullMQ knows. */
const lowestPriority = 2_097_151

/** @param queueKey what BullMQ's own keys begin with, without the colon @param idPrefix of jobs in BullMQ's queue */
export function createTurns(redis: StoreClient, queueKey: string, idPrefix: string): Turns {
  const prefix = `${redis.keyspace.queuePrefix}:turns:`
  const keys = {
    tenantsKey: `${prefix}tenants`,
    pendingKey: `${prefix}pending`,
    underWayKey: `${prefix}under-way`,
    limitedKey: `${prefix}limited`,
    roundsKey: `${prefix}rounds`,
    waitKey: `${queueKey}:wait`,
    prioritizedKey: `${queueKey}:prioritized`,
  }

  async function admit(jobId: number | undefined, { token, tenant }: Flow): Promise<QueueEntry[]> {
    const args = { prefix, most: mostAdmitted, jobId, token, tenant, lowestPriority }
    const reply = await runScript(redis, admitScript, { keys, args })
    return reply.flatMap((text, place) =>
      place % 2 === 0 ? [{ jobId: Number(text), priority: Number(reply[place + 1]) }] : [],
    )
  }

  return {
    join: admit,
    admit: () => admit(undefined, { token: '', tenant: '' }),
    async look(own) {
      const [waiting, ofOwn] = await runScript(redis, noteLimitsScript, {
        keys,
        args: { idPrefix },
        entries: own.map(({ jobId, limitedMs }) => ({ jobId, limitedMs: limitedMs && Math.ceil(limitedMs) })),
      })
      return { waiting: waiting.map(flowOf), own: ofOwn.map(flowOf) }
    },
    listPending: async () => (await storeAnswer(redis.hkeys(keys.pendingKey))).map(Number),
    listUnderWay: async () => (await storeAnswer(redis.hkeys(keys.underWayKey))).map(Number),
    async leave(jobId) {
      await runScript(redis, leaveScript, { keys, args: { prefix, jobId } })
    },
    count: async () => (await storeAnswer(redis.hkeys(keys.pendingKey))).length,
  }
}

function flowOf(text: string): Flow {
  const space = text.indexOf(' ')
  return { token: text.slice(0, space), tenant: text.slice(space + 1) }
}
