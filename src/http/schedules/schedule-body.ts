import type { Fault } from '../../errors.ts'
import { acks, type RefreshSettings } from '../../schedules/connection-schedule.ts'
import { findScheduleFault, type Schedule } from '../../schedules/schedule.ts'
import type { ConnectionSettings, PutSchedule } from '../../store/connections/connection-store.ts'
import { resolveEvery } from '../../streams/every-stream.ts'
import type { ScheduleBody } from './schedule-schemas.ts'

/** The members of a connection's body that say what it does by itself. */
interface ScheduleMembers {
  schedule?: ScheduleBody
  ack?: string
  fullRefresh?: { schedule: ScheduleBody; streams: string[] }
  paused?: boolean
}

/**
 * What a connection is to do by itself. Faults are added to the list.
 *
 * @param shortestMs the shortest interval that the operator allows
 */
export function readScheduleMembers(
  { schedule = { type: 'manual' }, ack, fullRefresh, paused }: ScheduleMembers,
  shortestMs: number,
  faults: Fault[],
): PutSchedule {
  if (fullRefresh?.schedule.type === 'manual')
    faults.push({ pointer: '/fullRefresh/schedule/type', detail: 'must not be manual: leave fullRefresh out instead' })
  return {
    schedule: readSchedule(schedule, '/schedule', shortestMs, faults),
    ack: acks.find((known) => known === ack) ?? 'client',
    ...(fullRefresh && {
      fullRefresh: {
        schedule: readSchedule(fullRefresh.schedule, '/fullRefresh/schedule', shortestMs, faults),
        streams: fullRefresh.streams,
      },
    }),
    ...(paused !== undefined && { isPaused: paused }),
  }
}

/** Streams of full refreshes that the connection does not have. */
export function findUnknownRefreshes(
  refresh: RefreshSettings | undefined,
  { catalog, config }: ConnectionSettings,
): Fault[] {
  const names = resolveEvery(catalog, config.api_version).streams.map(({ stream }) => stream.name)
  return (refresh?.streams ?? []).flatMap((name, place) =>
    names.includes(name)
      ? []
      : [
          {
            pointer: `/fullRefresh/streams/${place}`,
            detail: 'is no stream of this connection; add it there, or leave it out',
          },
        ],
  )
}

/** The members that each type has, and no other type. */
const membersOfTypes = { manual: [], cron: ['cron', 'timeZone'], interval: ['every'] } as const

function readSchedule(body: ScheduleBody, pointer: string, shortestMs: number, faults: Fault[]): Schedule {
  const { type, cron = '', timeZone = 'UTC', every = '' } = body
  for (const [owner, members] of Object.entries(membersOfTypes))
    for (const member of members)
      if (owner !== type && body[member] !== undefined)
        faults.push({ pointer: `${pointer}/${member}`, detail: `belongs to the type ${owner}; remove it` })
  const schedule: Schedule =
    type === 'cron' ? { type, cron, timeZone } : type === 'interval' ? { type, every } : { type: 'manual' }
  const fault = findScheduleFault(schedule, shortestMs)
  if (fault) faults.push({ pointer: `${pointer}/${fault.member}`, detail: fault.detail })
  return schedule
}
