import type { StreamStates } from '../../airbyte/state/stream-states.ts'
import { CodedError } from '../../errors.ts'
import type { ConnectionSchedule } from '../../schedules/connection-schedule.ts'
import type { SyncRequest } from '../../sync/contract/sync-request.ts'
import type { Webhook } from '../../webhooks/webhook.ts'
import type { Job } from '../job.ts'
import type { ListPage, ListPageRequest } from '../page.ts'
import type { LastSync } from '../schedules/last-sync.ts'
import type { ScheduleRecord } from '../schedules/schedule-record.ts'
import type { Access } from './access.ts'
import type { ConnectionCheck } from './connection-check.ts'

/** What a connection syncs, and how. */
export type ConnectionSettings = Omit<SyncRequest, 'states' | 'workspaceId'>

/** What a connection does by itself, as it is put. */
export interface PutSchedule extends ConnectionSchedule {
  /** @defaultValue as it is */
  isPaused?: boolean
}

/** Connections that begin no job by themselves. */
export const noSchedule: PutSchedule = { schedule: { type: 'manual' }, ack: 'client' }

/** What a connection does by itself, and what came of it. */
export interface ConnectionRuns {
  record: ScheduleRecord
  /** What became of the messages of its last sync. */
  lastSync: LastSync
  /** Absent when there was none, or its record is gone or cannot be read. */
  lastJob?: Job
}

/**
 * A connection as it is stored, with its config in clear text, so never show it like this. Times are ms since the
 * epoch.
 */
export interface Connection {
  connectionId: string
  createdAt: number
  lastUpdatedAt: number
  /** Absent when they cannot be read: their key is gone, or a later version wrote them. */
  settings?: ConnectionSettings
  /** The workspace that its data is of; absent while no job has told. */
  workspaceId?: string
  /** Absent when it cannot be read. */
  runs?: ConnectionRuns
  /** Whom it tells what becomes of it. Absent when they cannot be read. */
  webhooks?: Webhook[]
  /** What Intercom has said about these settings. Absent when nobody has asked, or nothing was said. */
  check?: ConnectionCheck
  /** How it has got its access token. Absent when nobody knows. */
  access?: Access
  /** Whether the operator's file of connections declares it. @defaultValue false */
  isDeclared?: boolean
  /** Why they cannot be read. */
  problem?: CodedError
}

/** Whose data a connection is put for. */
interface Whose {
  /** The workspace that the access token leads to. @defaultValue nobody knows */
  workspaceId?: string | undefined
  /** Begins anew: the state goes, and with it the workspace that it was of. @defaultValue false */
  resetState?: boolean
}

/** What people say about a connection, all of it. */
export interface WantedConnection {
  settings: ConnectionSettings
  /** @defaultValue none */
  schedule?: PutSchedule
  /** Whom it tells what becomes of it. @defaultValue nobody */
  webhooks?: readonly Webhook[]
  /** @defaultValue none */
  check?: ConnectionCheck | undefined
  /** How it has got its access token. @defaultValue as it is with the same token, else it was given */
  access?: Access | undefined
  /** @defaultValue as it is */
  isDeclared?: boolean
  /** @defaultValue nobody knows, and the state stays */
  whose?: Whose
  /** Whether a connection of this id must not be there yet. @defaultValue false */
  mustBeNew?: boolean
}

/** A connection that has just been made or replaced. */
interface PutConnection {
  connection: Connection
  created: boolean
  /** As it was before. */
  before?: Connection
}

/** The data with which a new job of a connection begins; its catalog names the streams that `*` stands for now. */
export interface ConnectionStart extends ConnectionSettings {
  states: StreamStates
  /** The workspace that its data is of; absent while nobody knows. */
  workspaceId?: string
  /** Changes whenever the state is set or reset by hand; two connections never have the same one. */
  generation: string
}

/**
 * Connections as the API needs them. Each belongs to a tenant, and does not exist for any other.
 *
 * Every call that needs a connection rejects with `connection_not_found`. Every call rejects with `store_unavailable`
 * within 1 s when Redis is down.
 */
export interface ConnectionStore {
  /**
   * Makes a connection or replaces its settings and its schedule; its webhooks go. Its state stays, and a running job
   * continues with the settings it has.
   *
   * @param schedule @defaultValue none
   */
  put(
    tenant: string,
    connectionId: string,
    settings: ConnectionSettings,
    schedule?: PutSchedule,
  ): Promise<PutConnection>
  /**
   * The same, with what is made from the connection as it is (undefined = there is none). It is called again if somebody
   * else has changed the connection meanwhile, so that no secret comes back that has just been replaced.
   *
   * @throws what `change` throws; CodedError `connection_exists`, `workspace_changed` for the token of another workspace, `connection_busy`
   * when the state is to be reset while a job runs
   */
  change(
    tenant: string,
    connectionId: string,
    change: (stored: Connection | undefined) => Promise<WantedConnection>,
  ): Promise<PutConnection>
  /** Makes a connection. @throws CodedError `connection_exists` */
  add(tenant: string, connectionId: string, wanted: WantedConnection): Promise<Connection>
  /** Of the connections that a file of the operator has declared, only these are declared from now on. */
  keepDeclared(tenant: string, connectionIds: ReadonlySet<string>): Promise<void>
  /**
   * Checks a connection as it is stored, and notes the result with it, unless it has been changed meanwhile.
   *
   * @throws CodedError `connection_not_found`; what `check` throws
   */
  noteCheck(
    tenant: string,
    connectionId: string,
    check: (settings: ConnectionSettings) => Promise<ConnectionCheck>,
  ): Promise<ConnectionCheck>
  /** Pauses what a connection does by itself, or lets it go on; what was due meanwhile is not due any more. */
  pause(tenant: string, connectionId: string, isPaused: boolean): Promise<Connection>
  read(tenant: string, connectionId: string): Promise<Connection>
  /** The same; undefined when there is no such connection. */
  find(tenant: string, connectionId: string): Promise<Connection | undefined>
  /** In the order of their ids; a page is bounded in bytes as well, and may end early. */
  list(tenant: string, page: ListPageRequest): Promise<ListPage<Connection>>
  readStart(tenant: string, connectionId: string): Promise<ConnectionStart>
  /** The states that clients have acknowledged, or set. */
  readStates(tenant: string, connectionId: string): Promise<StreamStates>
  /**
   * Sets the state by hand; jobs that began before can no longer move it. Resolves with the whole new state.
   *
   * @param stream the only one to set; undefined = all, and those that `states` leaves out then have no state
   * @throws CodedError `connection_busy`
   */
  setStates(tenant: string, connectionId: string, states: StreamStates, stream?: string): Promise<StreamStates>
  /**
   * Removes settings and state, for which no key is needed; resolves with the old settings. @throws CodedError
   * `connection_busy`
   */
  remove(tenant: string, connectionId: string): Promise<Connection>
}

/**
 * The error that names the job that has a connection.
 *
 * @param wouldJoin whether the caller would accept that job if it were the one requested
 */
export function connectionBusy(jobId: number, wouldJoin = false): CodedError {
  const why = wouldJoin
    ? ', and is about to end, or was started with another body or other settings: it cannot be joined'
    : ''
  return new CodedError('connection_busy', `Job ${jobId} of this connection has not ended${why}`, {
    extensions: { jobId },
  })
}

/** For a connection that was to be made, and is there. */
export function connectionExists(connectionId: string): CodedError {
  const message = `There is a connection ${connectionId} already: choose another id, or remove it first`
  return new CodedError('connection_exists', message)
}
