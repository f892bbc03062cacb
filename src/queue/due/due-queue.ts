import { createHash } from 'node:crypto'
import { ErrorCode, Queue } from 'bullmq'
import Type from 'typebox'
import { failpoint } from '../../failpoints.ts'
import { isObject, parseJson } from '../../json-object.ts'
import { forbidsInfo } from '../../redis/redis.ts'
import { nextDueTimes } from '../../schedules/due-times.ts'
import { StoredSchedule } from '../../schedules/stored-schedule.ts'
import { storeAnswer } from '../../store/availability.ts'
import type { Keyspace, StoreClient } from '../../store/keys.ts'
import {
  isHeld,
  type ScheduledKind,
  type ScheduleRecord,
  type SetSchedule,
} from '../../store/schedules/schedule-record.ts'
import { type ConnectionName, readScheduleRecord } from '../../store/schedules/scheduled-connections.ts'
import { isValid } from '../../stored/stored-data.ts'

/** The ticks of schedules have a queue of their own, so that no sync makes them late. */
export const dueQueueName = 'due'

/** A tick says which connection to look at, and nothing more: the connection's record says what is due. */
export const DueTick = Type.Object({ tenant: Type.String(), connectionId: Type.String() })

/** What BullMQ keeps of a schedule, and hands to `nextTick`. */
const Pattern = Type.Object({ schedule: StoredSchedule, setAt: Type.Number() })

/** BullMQ asks for the time of the next tick, ms since the epoch. It is the one that the look goes by, too. */
function nextTick(after: number, { pattern = '' }: { pattern?: string | undefined }): number | undefined {
  const kept = parseJson(pattern)
  if (!isValid(Pattern, kept)) return undefined
  return nextDueTimes(kept.schedule, kept.setAt, after, 1)[0]
}

/** The ticks of connections. */
export interface DueQueue {
  /** Lets the ticks of a connection follow its record as it is stored now. A tick that is due already stays. */
  follow(connection: ConnectionName): Promise<void>
  /** The same, for ticks that are lost: a tick that is due goes, so that a look must follow. */
  mend(connection: ConnectionName): Promise<void>
  /** When the next ticks are, by the ids of BullMQ's schedulers, ms since the epoch. */
  listTicks(): Promise<Map<string, number>>
  close(): Promise<void>
}

/** The id of BullMQ's scheduler for one kind of job of a connection. */
export function schedulerId({ tenant, connectionId }: ConnectionName, kind: ScheduledKind): string {
  const digest = createHash('sha256').update(`${tenant}\0${connectionId}`).digest('base64url').slice(0, 22)
  return `${kind}-${digest}`
}

/** The next due time that a record leaves to come; undefined if there is none. */
export function nextDue(record: ScheduleRecord | undefined, kind: ScheduledKind, now: number): number | undefined {
  const set = record?.[kind]
  if (!set || isHeld(record)) return undefined
  return nextDueTimes(set.schedule, set.setAt, Math.max(now, set.lastDue), 1)[0]
}

/** One that stays would be in the way of a tick for the same time. */
const tickOptions = { removeOnComplete: true, removeOnFail: true }

export function dueQueueOptions(redis: StoreClient) {
  return {
    connection: redis,
    prefix: redis.keyspace.queuePrefix,
    skipVersionCheck: forbidsInfo(redis),
    settings: { repeatStrategy: nextTick },
  }
}

export function createDueQueue(redis: StoreClient, onError: (error: Error) => void): DueQueue {
  const queue = new Queue(dueQueueName, { ...dueQueueOptions(redis), streams: { events: { maxLen: 1000 } } })
  queue.on('error', onError)
  const schedule = async (id: string, { schedule, setAt }: SetSchedule, data: ConnectionName, isMended: boolean) => {
    const pattern = JSON.stringify({ schedule, setAt })
    if (!isMended && (await queue.getJobScheduler(id))?.pattern === pattern) return
    await queue
      .upsertJobScheduler(id, { pattern }, { name: 'look', data, opts: tickOptions })
      .catch((error: unknown) => {
        // A tick for this very time is being seen to: by the clock of the process that does so, the time has come.
        if (!isObject(error) || error.code !== ErrorCode.SchedulerJobIdCollision) throw error
      })
  }
  const follow = async ({ tenant, connectionId }: ConnectionName, isMended: boolean) => {
    const connection = { tenant, connectionId }
    const record = await readScheduleRecord(redis, connection)
    await failpoint('dueFollow', async () => {
      for (const kind of ['sync', 'refresh'] as const) {
        const id = schedulerId(connection, kind)
        const set = record && !isHeld(record) ? record[kind] : undefined
        if (set) await schedule(id, set, connection, isMended)
        else await queue.removeJobScheduler(id)
      }
    })
  }
  return {
    follow: (connection) => follow(connection, false),
    mend: (connection) => follow(connection, true),
    async listTicks() {
      const texts = await storeAnswer(redis.zrange(ticksKey(redis.keyspace), '0', '-1', 'WITHSCORES'))
      const ticks = new Map<string, number>()
      for (let place = 0; place < texts.length; place += 2) ticks.set(texts[place] ?? '', Number(texts[place + 1]))
      return ticks
    },
    close: () => queue.close(),
  }
}

/** BullMQ's set of schedulers, by the time of their next ticks. */
function ticksKey({ queuePrefix }: Keyspace): string {
  return `${queuePrefix}:${dueQueueName}:repeat`
}
