import type { StreamStates } from '../../airbyte/state.ts'
import type { SyncRequest } from '../../sync/contract/sync-request.ts'
import type { Acknowledged } from '../connections/acknowledgement.ts'
import type { Job, JobStatus } from '../job.ts'
import type { Holding } from '../log/log-epoch.ts'
import type { Page, PageRequest } from '../page.ts'

/** Tells a request that is sent again from another one. */
export interface Repeat {
  /** Digest of the key that the client gave. */
  keyDigest: string
  bodyDigest: string
}

/** The connection that a job is of. */
export interface ConnectionOfJob {
  connectionId: string
  /** Of the state that the request was made with. */
  generation: string
  /** Of the request and the connection's settings: whoever asks for something else would not get it by joining. */
  bodyDigest: string
}

/** A job to be made. */
export interface NewJob {
  tenant: string
  request: SyncRequest
  /** For a job started by a live POST that is not detached. */
  graceMs?: number
  connection?: ConnectionOfJob
  /** Take the connection's active job, if there is one of an equal body, in place of a new one. */
  joinActive?: boolean
  /** The same request makes no second job within 24 h. */
  repeat?: Repeat
}

/** What a request for a job has come to. */
export interface StartedJob extends Job {
  /** The request, or another one of the connection, had made it before. */
  isOlder: boolean
}

/** A connection's state was set or reset, or the connection removed, since it was read: read it again. */
export class ConnectionChangedError extends Error {
  override name = 'ConnectionChangedError'
}

/** Which of a tenant's jobs are wanted. */
export interface JobFilter extends PageRequest {
  status?: JobStatus
  connectionId?: string
}

/** Job records as the API needs them. Everything rejects with `store_unavailable` within 1 s when Redis is away. */
export interface JobStore {
  /**
   * Takes the next id, seals the request, writes the record as `pending` and queues it (the reconciler heals a crash between).
   *
   * @throws CodedError `connection_busy` with the id of the active job, `idempotency_key_reused`; ConnectionChangedError
   */
  create(newJob: NewJob): Promise<StartedJob>
  /**
   * The job of the first such request, whatever its status. It lives by the longer grace of both.
   *
   * @param graceMs that of the repeated request; undefined = it wants the job without readers, too
   * @throws CodedError `idempotency_key_reused`
   */
  findRepeated(tenant: string, repeat: Repeat, graceMs: number | undefined): Promise<StartedJob | undefined>
  /**
   * @param epoch that of the caller's messages, where it has some
   * @throws CodedError `job_not_found`, the same for an unknown id and for another tenant's; `log_rewound` when the id is
   * another job's by now
   */
  read(tenant: string, jobId: number, epoch?: string): Promise<Job>
  /** Resolves with the job at its next change of status, or as it then is after `timeoutMs`. An ended job resolves at once. */
  readWhenChanged(tenant: string, jobId: number, timeoutMs: number, signal: AbortSignal): Promise<Job>
  /** Newest first. A page may hold fewer than asked for, even none, when the filter leaves out many; `next` goes on. */
  list(tenant: string, filter: JobFilter): Promise<Page<Job>>
  /**
   * The states that whoever holds the first `at` messages may go on from: the last checkpoint of each stream, or what the
   * job began with. Of a job that succeeded none for full-refresh streams: the next sync reads them anew.
   *
   * @param at @defaultValue the end of the log, once the job has ended
   * @param epoch that of the messages
   * @throws CodedError `job_not_found`, `job_running`, `log_gone`, `log_rewound`, `offset_out_of_range`
   */
  readStates(tenant: string, jobId: number, at?: number, epoch?: string): Promise<StreamStates>
  /**
   * The client holds that many messages: its connection's state moves to the last checkpoints among them, never back
   * within a job.
   *
   * @throws CodedError `job_not_found`, `no_connection`, `ack_superseded`, `log_gone`, `log_rewound`, `offset_out_of_range`
   */
  acknowledge(tenant: string, jobId: number, holding: Holding): Promise<Acknowledged>
  /** Asks for the end of a job; ends it at once if no worker has it. @throws what `read` throws, `job_ended` */
  cancel(tenant: string, jobId: number, epoch?: string): Promise<Job>
  /** Says that a reader is there; renewed by the reader every few seconds, expires after 15 s. */
  renewReaderLease(jobId: number, readerId: string): Promise<void>
  /** The client hung up: `graceMs` starts at once unless another reader is there. */
  dropReaderLease(jobId: number, readerId: string): Promise<void>
  /** The service itself cut the reader off (it closes, or had lost Redis) so long ago: it has two minutes to come back. */
  awaitReader(jobId: number, readerId: string, sinceCutMs: number): Promise<void>
}
