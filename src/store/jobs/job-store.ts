import type { StreamStates } from '../../airbyte/state/stream-states.ts'
import type { SyncRequest } from '../../sync/contract/sync-request.ts'
import type { Acknowledged } from '../connections/acknowledgement.ts'
import type { Job, JobStatus, JobType } from '../job.ts'
import type { Holding } from '../log/log-epoch.ts'
import type { ListPage, ListPageRequest } from '../page.ts'
import type { ScheduledKind } from '../schedules/schedule-record.ts'

/** Recognizes a request that is sent again. */
export interface Repeat {
  /** Digest of the key that the client gave. */
  keyDigest: string
  bodyDigest: string
}

/** The connection that a job belongs to. */
export interface ConnectionOfJob {
  connectionId: string
  /** The generation of the state that the request was made with. */
  generation: string
  /**
   * The digest of the request and the connection's settings. A caller with a different request would not get it by
   * joining.
   */
  bodyDigest: string
}

/** The due time that a job is for. */
export interface DueTime {
  kind: ScheduledKind
  /** Ms since the epoch. */
  dueAt: number
  /** The latest due time that was over when the caller looked, ms since the epoch. */
  after: number
  /** How many due times between the two count as skipped. */
  missed: number
  /** The messages of the sync before are gone, and nobody has acknowledged them. */
  isUntaken: boolean
}

/** A job to be made. */
export interface NewJob {
  tenant: string
  request: SyncRequest
  /** For a job started by a live POST that is not detached. */
  graceMs?: number
  connection?: ConnectionOfJob
  /** @defaultValue sync */
  jobType?: JobType
  /** Only with a connection. @defaultValue no schedule has started it */
  due?: DueTime
  /** Join the connection's active job, if it has an equal body, instead of making a new one. */
  joinActive?: boolean
  /** The same request makes no second job within 24 h. */
  repeat?: Repeat
}

/** The result of a request for a job. */
export interface StartedJob extends Job {
  /** The job existed before: this request, or another one for the connection, had made it. */
  isOlder: boolean
}

/**
 * A connection's state was set or reset, or the connection removed, or its due time seen to by somebody else, since it
 * was read: read it again.
 */
export class ConnectionChangedError extends Error {
  override name = 'ConnectionChangedError'
}

/** Selects some of a tenant's jobs. */
export interface JobFilter extends ListPageRequest {
  status?: JobStatus
  connectionId?: string
}

/** Job records as the API needs them. Every call rejects with `store_unavailable` within 1 s when Redis is down. */
export interface JobStore {
  /**
   * Takes the next id, seals the request, writes the record as `pending` and queues it (the reconciler repairs a crash
   * in between).
   *
   * @throws CodedError `connection_busy` with the id of the active job, `idempotency_key_reused`;
   * ConnectionChangedError
   */
  create(newJob: NewJob): Promise<StartedJob>
  /**
   * The job of the first such request, whatever its status. The longer grace of the two applies.
   *
   * @param graceMs the grace of the repeated request; undefined = it wants the job even without readers
   * @throws CodedError `idempotency_key_reused`
   */
  findRepeated(tenant: string, repeat: Repeat, graceMs: number | undefined): Promise<StartedJob | undefined>
  /**
   * @param epoch the epoch of the caller's messages, if it has some
   * @throws CodedError `job_not_found`, the same for an unknown id and for another tenant's; `log_rewound` when the id
   * belongs to another job by now
   */
  read(tenant: string, jobId: number, epoch?: string): Promise<Job>
  /**
   * Resolves with the job at its next change of status, or as it is after `timeoutMs`. An ended job resolves at once.
   */
  readWhenChanged(tenant: string, jobId: number, timeoutMs: number, signal: AbortSignal): Promise<Job>
  /**
   * Newest first. A page may hold fewer than requested, even none, when the filter leaves out many; `next` continues.
   */
  list(tenant: string, filter: JobFilter): Promise<ListPage<Job>>
  /**
   * The states from which a client with the first `at` messages may continue: the last checkpoint of each stream, or
   * the states that the job began with. After a success, full-refresh streams have no state, because the next sync
   * reads them again.
   *
   * @param at @defaultValue the end of the log, once the job has ended
   * @param epoch the epoch of the messages
   * @throws CodedError `job_not_found`, `job_running`, `log_gone`, `log_damaged`, `log_rewound`, `offset_out_of_range`
   */
  readStates(tenant: string, jobId: number, at?: number, epoch?: string): Promise<StreamStates>
  /**
   * The client has that many messages: the state of the job's connection, if it has one, moves to the last checkpoints
   * among them, and never goes back within a job. A full log gives them away.
   *
   * @throws CodedError `job_not_found`, `ack_superseded`, `log_gone`, `log_damaged`, `log_rewound`, `offset_out_of_range`
   */
  acknowledge(tenant: string, jobId: number, holding: Holding): Promise<Acknowledged>
  /** Requests the end of a job; ends it at once if no worker has it. @throws what `read` throws, `job_ended` */
  cancel(tenant: string, jobId: number, epoch?: string): Promise<Job>
  /**
   * Removes the messages of an ended job for good, with everything by which they could be read. Its record stays. Once
   * more changes nothing.
   *
   * @throws what `read` throws, CodedError `job_running`
   */
  deleteMessages(tenant: string, jobId: number, epoch?: string): Promise<void>
  /** Reports that a reader is there; the reader renews this every few seconds, and it expires after 15 s. */
  renewReaderLease(jobId: number, readerId: string): Promise<void>
  /**
   * The client hung up: `graceMs` starts at once unless another reader is there.
   *
   * @returns ms until the job is abandoned if nobody comes; 0 if it does not depend on readers, or is abandoned now
   */
  dropReaderLease(jobId: number, readerId: string): Promise<number>
  /**
   * Requests the end of a job whose readers have been gone for longer than its grace.
   *
   * @returns ms until it can be told, because Redis has just started and readers may come back; otherwise 0
   */
  endIfAbandoned(jobId: number): Promise<number>
  /**
   * The service itself cut the reader off (it closes, or had lost Redis) that long ago. The reader has two minutes to
   * return.
   */
  awaitReader(jobId: number, readerId: string, sinceCutMs: number): Promise<void>
}
