import Type from 'typebox'

/** A schedule as it is read back. */
export const StoredSchedule = Type.Union([
  Type.Object({ type: Type.Literal('manual') }),
  Type.Object({ type: Type.Literal('cron'), cron: Type.String(), timeZone: Type.String() }),
  Type.Object({ type: Type.Literal('interval'), every: Type.String() }),
])

/** Full refreshes of a connection as they are read back. */
export const StoredRefresh = Type.Object({ schedule: StoredSchedule, streams: Type.Array(Type.String()) })
