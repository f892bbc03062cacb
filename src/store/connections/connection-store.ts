import type { StreamStates } from '../../airbyte/state.ts'
import { CodedError } from '../../errors.ts'
import type { SyncRequest } from '../../sync/contract/sync-request.ts'
import type { Page, PageRequest } from '../page.ts'

/** What a connection syncs. */
export type ConnectionSettings = Pick<SyncRequest, 'config' | 'catalog'>

/** A connection as it is kept, its config in clear: never to be shown as it is. Times are ms since the epoch. */
export interface Connection {
  connectionId: string
  createdAt: number
  lastUpdatedAt: number
  /** Absent when they cannot be read: their key is gone, or a later version wrote them. */
  settings?: ConnectionSettings
  /** Why they cannot. */
  problem?: CodedError
}

/** What a new job of a connection begins with. */
export interface ConnectionStart extends ConnectionSettings {
  states: StreamStates
  /** Changes whenever the state is set or reset by hand; of two connections it is never the same. */
  generation: string
}

/**
 * Connections as the API needs them; each belongs to a tenant, and for any other there is none.
 *
 * Everything that needs one rejects with `connection_not_found`, and everything with `store_unavailable` within 1 s when
 * Redis is away.
 */
export interface ConnectionStore {
  /** Makes a connection or replaces its settings; its state stays, and a job that runs goes on with what it began with. */
  put(
    tenant: string,
    connectionId: string,
    settings: ConnectionSettings,
  ): Promise<{ connection: Connection; created: boolean }>
  read(tenant: string, connectionId: string): Promise<Connection>
  /** In the order of their ids; a page is bounded in bytes as well, and may end early. */
  list(tenant: string, page: PageRequest): Promise<Page<Connection>>
  readStart(tenant: string, connectionId: string): Promise<ConnectionStart>
  /** What clients have acknowledged, or set. */
  readStates(tenant: string, connectionId: string): Promise<StreamStates>
  /**
   * Sets the state by hand; jobs that began before can no longer move it. Resolves with the whole state as it then is.
   *
   * @param stream the only one to set; undefined = all, those that `states` leaves out have none then
   * @throws CodedError `connection_busy`
   */
  setStates(tenant: string, connectionId: string, states: StreamStates, stream?: string): Promise<StreamStates>
  /** Removes settings and state, which need no key for that; resolves with what they were. @throws CodedError `connection_busy` */
  remove(tenant: string, connectionId: string): Promise<Connection>
}

/**
 * The error that names the job that has a connection.
 *
 * @param wouldJoin whether the caller would take the job if it were the one asked for
 */
export function connectionBusy(jobId: number, wouldJoin = false): CodedError {
  const why = wouldJoin
    ? ', and is about to end, or was started with another body or other settings: it cannot be joined'
    : ''
  return new CodedError('connection_busy', `Job ${jobId} of this connection has not ended${why}`, {
    extensions: { jobId },
  })
}
