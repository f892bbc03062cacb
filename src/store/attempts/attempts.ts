import { holdsErrorTrace } from '../../airbyte/messages.ts'
import type { JobFailure } from '../../errors.ts'
import type { Commit, Position, StreamProgress } from '../../sync/contract/commit.ts'
import type { SyncRequest } from '../../sync/contract/sync-request.ts'
import { type CancelReason, parseStreams } from '../job-record.ts'
import { changedChannel, jobKey } from '../keys.ts'
import { runScript } from '../script.ts'
import { type JobSeals, openJobSeals } from '../secrets/job-seals.ts'
import type { EncryptionKey } from '../secrets/sealing.ts'
import { beginScript } from './begin.lua.ts'
import { commitScript } from './commit.lua.ts'
import {
  type Ending,
  type EndingAttempt,
  type EndOutcome,
  endJob,
  type JobEndDependencies,
  type QueueLock,
} from './job-end.ts'
import { releaseScript } from './release.lua.ts'

/** One worker's try at a job. */
export interface AttemptIdentity {
  jobId: number
  /** The attempt's number; writes of a lower one are refused once a higher one has begun. */
  fence: number
  /** Tells a repeated call of the same attempt from another attempt. */
  attemptId: string
  /** @defaultValue the number alone decides */
  lock?: QueueLock
}

/** An attempt that has begun, and what it goes on from. */
export interface Attempt extends AttemptIdentity {
  /** Messages in the log. */
  offset: number
  /** The commit that they end with; '' before the job's first one. */
  commitId: string
  /** Absent until the job's first commit. */
  position?: Position
  streams: StreamProgress[]
  /** Attempts, this one included, since the job last came further; those that died count in `deaths`. */
  idleAttempts: number
  /** Attempts since then whose workers died, or lost the job, before they could say so. */
  deaths: number
  cancelReason?: CancelReason
  /** Why the attempt before this one failed, when it came no further than the one before it. */
  lastFailure?: JobFailure
  /** @throws SealBrokenError */
  seals(): JobSeals
  /** Opens the sealed request. @throws CodedError when it cannot be opened */
  openRequest(): SyncRequest
}

/**
 * `ALREADY`: this very commit stands in the log. `ENDED`, `FENCED`: the attempt may write no more. `REWOUND`: Redis holds
 * less, or other, than the attempt wrote. `LOG_FULL`: the job's limit of bytes would be passed.
 */
export type CommitOutcome = 'COMMITTED' | 'ALREADY' | 'ENDED' | 'FENCED' | 'REWOUND' | 'LOG_FULL'

/** `CANCELLED`: somebody wants the job to end, and nobody but this attempt would see to it. */
export type ReleaseOutcome =
  | { outcome: 'RELEASED' | 'ENDED' | 'FENCED' }
  | { outcome: 'CANCELLED'; cancelReason: CancelReason }

/** What a worker writes. Every call waits until Redis answers, however long that takes, and may safely be sent twice. */
export interface AttemptStore {
  /** @returns the attempt with the number it has: another one than asked for where that was given out before */
  begin(identity: AttemptIdentity, mode: 'start' | 'rewound', newEpoch: string): Promise<Attempt | 'ENDED' | 'FENCED'>
  /** @param commitId the same for the same commit only, within all attempts at the job */
  commit(attempt: Attempt, commitId: string, commit: Commit): Promise<CommitOutcome>
  release(identity: AttemptIdentity, counted: 'counted' | 'uncounted', failure?: JobFailure): Promise<ReleaseOutcome>
  /** @param by absent for callers that are no attempt; one that finds another log than it has written is told `REWOUND` */
  end(jobId: number, fence: number, ending: Ending, by?: EndingAttempt): Promise<EndOutcome>
}

export interface AttemptStoreDependencies extends JobEndDependencies {
  /** Bytes of blobs one job may keep. */
  logLimitBytes: number
}

export function createAttemptStore(dependencies: AttemptStoreDependencies): AttemptStore {
  const { redis, keys, clock, logLimitBytes } = dependencies
  return {
    async begin(identity, mode, newEpoch) {
      const { jobId, fence, attemptId, lock } = identity
      const reply = await runScript(
        redis,
        beginScript,
        [
          jobKey(jobId, 'record'),
          jobKey(jobId, 'position'),
          jobKey(jobId, 'dataKey'),
          jobKey(jobId, 'request'),
          // A key that is not used is still a place in the list.
          lock?.key ?? jobKey(jobId, 'record'),
        ],
        [changedChannel(jobId), clock.now(), fence, attemptId, newEpoch, mode, lock?.token ?? ''],
      )
      const [outcome, ...fields] = reply as string[]
      if (outcome === 'ENDED' || outcome === 'FENCED') return outcome
      return attemptFrom(identity, keys, fields)
    },

    async commit(attempt, commitId, commit) {
      const { jobId, fence, attemptId, offset } = attempt
      const lastOffset = offset + commit.messageCount
      const blob = commit.messageCount > 0 ? await attempt.seals().sealLines(commit.body, lastOffset) : ''
      const checkpoints = commit.checkpoints.map(({ messageIndex, streamName, streamState }) => ({
        offset: offset + messageIndex,
        streamName,
        streamState,
      }))
      const outcome = await runScript(
        redis,
        commitScript,
        [
          jobKey(jobId, 'record'),
          jobKey(jobId, 'log'),
          jobKey(jobId, 'position'),
          jobKey(jobId, 'states'),
          attempt.lock?.key ?? jobKey(jobId, 'record'),
        ],
        [
          changedChannel(jobId),
          clock.now(),
          fence,
          attemptId,
          commitId,
          offset,
          attempt.commitId,
          commit.messageCount,
          blob,
          commit.body.length,
          commit.recordCount,
          checkpoints.length > 0 ? JSON.stringify(checkpoints) : '',
          JSON.stringify(commit.position),
          JSON.stringify(commit.streams),
          holdsErrorTrace(commit.body) ? 1 : 0,
          logLimitBytes,
          commit.isProgress ? 1 : 0,
          attempt.lock?.token ?? '',
          ...checkpoints.flatMap(({ streamName, streamState }) => [streamName, JSON.stringify(streamState)]),
        ],
      )
      return outcome as CommitOutcome
    },

    async release({ jobId, fence, attemptId }, counted, failure) {
      const reply = await runScript(
        redis,
        releaseScript,
        [jobKey(jobId, 'record')],
        [changedChannel(jobId), clock.now(), fence, attemptId, counted, failure ? JSON.stringify(failure) : ''],
      )
      const [outcome, cancelReason] = reply as [ReleaseOutcome['outcome'], CancelReason?]
      return outcome === 'CANCELLED' ? { outcome, cancelReason: cancelReason ?? 'requested' } : { outcome }
    },

    end: (jobId, fence, ending, by) => endJob(dependencies, jobId, fence, ending, by),
  }
}

function attemptFrom(identity: AttemptIdentity, keys: readonly EncryptionKey[], fields: string[]): Attempt {
  const [
    tenant = '',
    offset,
    ,
    streams,
    idleAttempts,
    deaths,
    cancelReason,
    lastFailure,
    position,
    wrapped = '',
    request = '',
    fence,
    commitId = '',
  ] = fields
  let seals: JobSeals | undefined
  const openSeals = () => {
    seals ??= openJobSeals(keys, wrapped, { tenant, jobId: identity.jobId })
    return seals
  }
  return {
    ...identity,
    fence: Number(fence),
    offset: Number(offset),
    commitId,
    ...(position && { position: JSON.parse(position) as Position }),
    streams: parseStreams(streams),
    idleAttempts: Number(idleAttempts),
    deaths: Number(deaths),
    ...(cancelReason && { cancelReason: cancelReason as CancelReason }),
    ...(lastFailure && { lastFailure: JSON.parse(lastFailure) as JobFailure }),
    // Opened late: a job whose key is lost must still begin, so that its attempts are counted and come to an end.
    seals: openSeals,
    openRequest: () => openSeals().openRequest(request),
  }
}
