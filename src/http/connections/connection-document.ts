import { CodedError } from '../../errors.ts'
import type { RefreshSettings } from '../../schedules/connection-schedule.ts'
import type { Schedule } from '../../schedules/schedule.ts'
import type { Connection, ConnectionSettings, PutSchedule } from '../../store/connections/connection-store.ts'
import type { Webhook } from '../../webhooks/webhook.ts'

/** All that people say about a connection, in the form of a body, its secrets in clear text: never show it like this. */
export interface ConnectionDocument extends ConnectionSettings {
  schedule: Schedule
  ack: string
  fullRefresh?: RefreshSettings
  paused: boolean
  webhooks: Webhook[]
}

/** What people have said about when a connection syncs by itself. */
export function scheduleOf({ runs }: Connection): PutSchedule & { isPaused: boolean } {
  const { sync, refresh, ack = 'client', isPaused = false } = runs?.record ?? {}
  return {
    schedule: sync?.schedule ?? { type: 'manual' },
    ack,
    ...(refresh && { fullRefresh: { schedule: refresh.schedule, streams: refresh.streams } }),
    isPaused,
  }
}

/** @throws CodedError the connection's problem */
export function settingsOf({ settings, problem }: Connection): ConnectionSettings {
  if (!settings) throw problem ?? new CodedError('seal_broken')
  return settings
}

/** A stored connection. @throws CodedError the connection's problem */
export function documentOf(connection: Connection): ConnectionDocument {
  const { isPaused, ...runs } = scheduleOf(connection)
  return { ...settingsOf(connection), ...runs, paused: isPaused, webhooks: connection.webhooks ?? [] }
}
