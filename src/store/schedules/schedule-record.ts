import Type from 'typebox'
import { type Ack, acks, type RefreshSettings } from '../../schedules/connection-schedule.ts'
import type { Schedule } from '../../schedules/schedule.ts'
import { StoredRefresh, StoredSchedule } from '../../schedules/stored-schedule.ts'
import { NumberText, parseStored, readStored } from '../../stored/stored-data.ts'

/**
 * The fields of a connection's record about each kind of job that comes by itself: its schedule (JSON), when that was
 * set, and the latest due time that is over, all in ms. A due time is over when it has a job or was counted as skipped.
 */
export const fieldsOfKinds = {
  sync: { schedule: 'schedule', setAt: 'scheduleSetAt', lastDue: 'lastDue' },
  refresh: { schedule: 'fullRefresh', setAt: 'fullRefreshSetAt', lastDue: 'lastFullRefreshDue' },
} as const

/** What a connection does by itself: a sync, or a full refresh beside its syncs. */
export type ScheduledKind = keyof typeof fieldsOfKinds

/** Times are ms since the epoch. */
export interface SetSchedule {
  schedule: Schedule
  /** When the schedule was set. */
  setAt: number
  /** The latest due time that has a job, or was skipped; nothing up to then is due. */
  lastDue: number
}

/** What a connection does by itself, and what came of it. */
export interface ScheduleRecord {
  /** Absent: syncs begin only when somebody asks for them. */
  sync?: SetSchedule
  refresh?: SetSchedule & Pick<RefreshSettings, 'streams'>
  ack: Ack
  /** A person has paused it. */
  isPaused: boolean
  /** Since when Intercom accepts its access token no more, ms since the epoch; absent while it does. */
  signInNeededAt?: number
  /** Due times without a job. */
  skippedRuns: number
  /** Jobs whose messages were gone before they were acknowledged. */
  untakenRuns: number
  /** Syncs that have failed since the last one that succeeded. */
  consecutiveFailures: number
  /** Ms since the epoch. */
  lastSuccessAt?: number
  /** No scheduled sync begins before that, after one has failed; ms since the epoch, 0 for none. */
  notBefore: number
  /** Its latest job. */
  latestJob?: number
  /** Its latest sync, if the latest job is a full refresh. */
  latestSync?: number
  /** Distinguishes the state from earlier ones. */
  generation: string
}

const Numbers = Type.Partial(
  Type.Object({
    skippedRuns: NumberText,
    untakenRuns: NumberText,
    consecutiveFailures: NumberText,
    lastSuccessAt: NumberText,
    notBefore: NumberText,
    latestJob: NumberText,
    latestSync: NumberText,
    signInNeededAt: NumberText,
  }),
)

/** The fields of a connection's record that a record is read from. */
export const recordFields = [
  ...Object.keys(Numbers.properties),
  ...Object.values(fieldsOfKinds).flatMap((fields) => Object.values(fields)),
  'ack',
  'paused',
  'generation',
]

/** Whether nothing begins by itself: a person has paused it, or somebody must sign in first. */
export function isHeld({ isPaused, signInNeededAt }: ScheduleRecord): boolean {
  return isPaused || signInNeededAt !== undefined
}

/** The record in a connection's record. @throws StoredDataError */
export function scheduleFromRecord(connectionId: string, fields: Record<string, string>): ScheduleRecord {
  const what = `the schedule of connection ${connectionId}`
  const numbers = readStored(Numbers, fields, what)
  const refresh = fields.fullRefresh === undefined ? undefined : parseStored(StoredRefresh, fields.fullRefresh, what)
  return {
    ...(fields.schedule !== undefined && {
      sync: { schedule: parseStored(StoredSchedule, fields.schedule, what), ...timesOf('sync', fields, what) },
    }),
    ...(refresh && { refresh: { ...refresh, ...timesOf('refresh', fields, what) } }),
    ack: acks.find((ack) => ack === fields.ack) ?? 'client',
    isPaused: fields.paused === '1',
    ...(numbers.signInNeededAt !== undefined && { signInNeededAt: Number(numbers.signInNeededAt) }),
    skippedRuns: Number(numbers.skippedRuns ?? 0),
    untakenRuns: Number(numbers.untakenRuns ?? 0),
    consecutiveFailures: Number(numbers.consecutiveFailures ?? 0),
    ...(numbers.lastSuccessAt !== undefined && { lastSuccessAt: Number(numbers.lastSuccessAt) }),
    notBefore: Number(numbers.notBefore ?? 0),
    ...(numbers.latestJob !== undefined && { latestJob: Number(numbers.latestJob) }),
    ...(numbers.latestSync !== undefined && { latestSync: Number(numbers.latestSync) }),
    generation: fields.generation ?? '',
  }
}

function timesOf(
  kind: ScheduledKind,
  fields: Record<string, string>,
  what: string,
): Pick<SetSchedule, 'setAt' | 'lastDue'> {
  const { setAt, lastDue } = fieldsOfKinds[kind]
  return {
    setAt: Number(readStored(NumberText, fields[setAt], what)),
    lastDue: Number(readStored(NumberText, fields[lastDue], what)),
  }
}
