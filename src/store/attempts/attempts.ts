import type { JobFailure } from '../../errors.ts'
import type { Commit } from '../../sync/contract/commit.ts'
import { type ActivityReport, activityJson } from '../activity.ts'
import { type CancelReason, cancelReasonOf } from '../job-record.ts'
import { runScript } from '../script.ts'
import { needSignIn } from '../sign-ins/need-sign-in.ts'
import { noteWorkspace } from '../sign-ins/note-workspace.ts'
import { activityScript } from './activity.lua.ts'
import { beginScript } from './begin.lua.ts'
import { type BegunAttempt, readBegun, readGrowth } from './begun-attempt.ts'
import { type CommitDependencies, type CommitOutcome, commitTo, makeRoom } from './commit.ts'
import {
  type EndingAttempt,
  type EndOutcome,
  endJob,
  type JobEndDependencies,
  type JobEnding,
  type QueueLock,
} from './job-end.ts'
import { releaseScript } from './release.lua.ts'
import { restScript } from './rest.lua.ts'

/** One worker's try at a job. */
export interface AttemptIdentity {
  jobId: number
  /** The attempt's number; writes of a lower one are refused once a higher one has begun. */
  fence: number
  /** Distinguishes a repeated call of the same attempt from another attempt. */
  attemptId: string
  /** @defaultValue the number alone decides */
  lock?: QueueLock
}

/** An attempt that has begun, with the state to continue from. */
export interface Attempt extends AttemptIdentity, BegunAttempt {
  fence: number
}

/** `CANCELLED`: somebody wants the job to end, and only this attempt would do it. */
type ReleaseOutcome =
  | { outcome: 'RELEASED' | 'ENDED' | 'FENCED' }
  | { outcome: 'CANCELLED'; cancelReason: CancelReason }

/**
 * The calls with which a worker writes. Each waits until Redis answers, however long that takes, and may safely be sent
 * twice.
 */
export interface AttemptStore {
  /** @returns the attempt with its number, which differs from the requested one if that was given out before */
  begin(identity: AttemptIdentity, mode: 'start' | 'rewound', newEpoch: string): Promise<Attempt | 'ENDED' | 'FENCED'>
  /** @param commitId the same only for the same commit, within all attempts at the job */
  commit(attempt: Attempt, commitId: string, commit: Commit): Promise<CommitOutcome>
  /**
   * Makes room in a log that is full: moves messages to files, or removes those that a client has acknowledged.
   *
   * @returns bytes that are free now
   */
  makeRoom(attempt: Attempt): Promise<number>
  /** What the commits so far have added to the lists of the position, in order. @throws StoredDataError */
  readGrowth(jobId: number): Promise<unknown[]>
  /** @param retryInMs ms until the next attempt, if this one has failed */
  release(
    identity: AttemptIdentity,
    counted: 'counted' | 'uncounted',
    failure?: JobFailure,
    retryInMs?: number,
  ): Promise<ReleaseOutcome>
  /**
   * The attempt gives its slot back, and the job waits for its next turn: it stays `running`, and no attempt is counted.
   *
   * @param hasProgress whether this attempt has made some
   */
  rest(identity: AttemptIdentity, hasProgress: boolean): Promise<ReleaseOutcome>
  /**
   * Notes whose data the attempt reads, for the job's connection, if it has one.
   *
   * @throws CodedError `workspace_changed` when the connection is of another workspace
   */
  noteWorkspace(attempt: Attempt, workspaceId: string): Promise<void>
  /**
   * Notes that Intercom accepts the token of the job's connection no more, unless it has another one by now.
   *
   * @returns whether this call has noted it first
   */
  needSignIn(attempt: Attempt): Promise<boolean>
  /** Tells callers what the attempt is doing. Changes nothing once another attempt has begun. */
  reportActivity(identity: AttemptIdentity, report: ActivityReport): Promise<void>
  /**
   * @param by absent for callers that are not an attempt; if it finds a log that it has not written, it gets `REWOUND`
   */
  end(jobId: number, fence: number, ending: JobEnding, by?: EndingAttempt): Promise<EndOutcome>
}

interface AttemptStoreDependencies extends JobEndDependencies, CommitDependencies {}

export function createAttemptStore(dependencies: AttemptStoreDependencies): AttemptStore {
  return {
    begin: (identity, mode, newEpoch) => beginAttempt(dependencies, identity, mode, newEpoch),
    commit: (attempt, commitId, commit) => commitTo(dependencies, attempt, commitId, commit),
    makeRoom: (attempt) => makeRoom(dependencies, attempt),
    readGrowth: (jobId) => readGrowth(dependencies.redis, jobId),
    release: (...release) => releaseAttempt(dependencies, ...release),
    rest: (...rest) => restAttempt(dependencies, ...rest),
    async noteWorkspace({ jobId, tenant, connectionId }, workspaceId) {
      if (connectionId === undefined) return
      await noteWorkspace(dependencies.redis, { tenant, connectionId }, jobId, workspaceId)
    },
    async needSignIn({ tenant, connectionId, openRequest }) {
      if (connectionId === undefined) return false
      return needSignIn(dependencies, { tenant, connectionId }, openRequest().config.access_token)
    },
    reportActivity: (identity, report) => reportActivity(dependencies, identity, report),
    end: (jobId, fence, ending, by) => endJob(dependencies, jobId, fence, ending, by),
  }
}

async function beginAttempt(
  { redis, keys, clock }: AttemptStoreDependencies,
  identity: AttemptIdentity,
  mode: 'start' | 'rewound',
  newEpoch: string,
): Promise<Attempt | 'ENDED' | 'FENCED'> {
  const { jobId, fence, attemptId, lock } = identity
  const [outcome, ...namesAndValues] = await runScript(redis, beginScript, {
    keys: {
      recordKey: redis.keyspace.job(jobId, 'record'),
      positionKey: redis.keyspace.job(jobId, 'position'),
      dataKeyKey: redis.keyspace.job(jobId, 'dataKey'),
      requestKey: redis.keyspace.job(jobId, 'request'),
      lockKey: lock?.key,
    },
    args: {
      channel: redis.keyspace.changedChannel(jobId),
      now: clock.now(),
      fence,
      attemptId,
      newEpoch,
      mode,
      lockToken: lock?.token,
    },
  })
  if (outcome === 'ENDED' || outcome === 'FENCED') return outcome
  return { ...identity, ...readBegun(keys, jobId, namesAndValues) }
}

async function releaseAttempt(
  { redis, clock }: AttemptStoreDependencies,
  { jobId, fence, attemptId }: AttemptIdentity,
  counted: 'counted' | 'uncounted',
  failure: JobFailure | undefined,
  retryInMs: number | undefined,
): Promise<ReleaseOutcome> {
  const now = clock.now()
  const [outcome, cancelReason] = await runScript(redis, releaseScript, {
    keys: { recordKey: redis.keyspace.job(jobId, 'record') },
    args: {
      channel: redis.keyspace.changedChannel(jobId),
      now,
      fence,
      attemptId,
      counted,
      lastFailure: failure && JSON.stringify(failure),
      retryAt: retryInMs !== undefined && now + retryInMs,
    },
  })
  return outcome === 'CANCELLED' ? { outcome, cancelReason: cancelReasonOf(cancelReason) } : { outcome }
}

async function restAttempt(
  { redis, clock }: AttemptStoreDependencies,
  { jobId, fence, attemptId }: AttemptIdentity,
  hasProgress: boolean,
): Promise<ReleaseOutcome> {
  const [outcome, cancelReason] = await runScript(redis, restScript, {
    keys: { recordKey: redis.keyspace.job(jobId, 'record') },
    args: { channel: redis.keyspace.changedChannel(jobId), now: clock.now(), fence, attemptId, hasProgress },
  })
  return outcome === 'CANCELLED' ? { outcome, cancelReason: cancelReasonOf(cancelReason) } : { outcome }
}

async function reportActivity(
  { redis }: AttemptStoreDependencies,
  { jobId, attemptId }: AttemptIdentity,
  { activity, requests, waitedMs }: ActivityReport,
): Promise<void> {
  await runScript(redis, activityScript, {
    keys: { recordKey: redis.keyspace.job(jobId, 'record') },
    args: { attemptId, activity: activityJson(attemptId, activity), requests, waitedMs: Math.round(waitedMs) },
  })
}
