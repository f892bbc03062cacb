import type { Static } from 'typebox'
import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import type { Commit } from '../../sync/contract/commit.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import type { JobSeals } from '../secrets/job-seals.ts'
import type { LogOwner, LogWindowBytes, SegmentMover } from '../segments/segment-mover.ts'
import type { SegmentReader } from '../segments/segment-reading.ts'
import { giveWay } from '../space/give-way.ts'
import { noteLogWindow } from '../space/log-window-figures.ts'
import { commitScript } from './commit.lua.ts'

/**
 * `ALREADY`: exactly this commit is in the log. `ENDED`, `FENCED`: the attempt may write no more. `REWOUND`: StoreClient
 * holds less than the attempt wrote, or something else. `LOG_FULL`: the commit would exceed the job's limit of bytes.
 */
export type CommitOutcome = 'COMMITTED' | 'ALREADY' | 'ENDED' | 'FENCED' | 'REWOUND' | 'LOG_FULL'

/** An attempt that writes, and what the log ends with. */
interface CommittingAttempt extends LogOwner {
  /** Messages in the log. */
  offset: number
  seals(): JobSeals
}

export interface CommitDependencies {
  redis: StoreClient
  clock: Clock
  /** Bytes that a job may have in Redis. */
  logLimitBytes: number
  /** Moves a log's oldest entries out of Redis. @defaultValue they all stay there */
  segmentMover?: SegmentMover | undefined
  segmentReader?: SegmentReader | undefined
}

/** What a job has in Redis, as its record says; members are missing in records of older versions. */
const figureNames = ['blobBytes', 'givenBytes', 'statesBytes', 'positionBytes', 'growthBytes', 'notedBytes'] as const

/** Bytes of fingerprints that a job may have in Redis: some 700,000 records. */
const mostNotedBytes = 8 << 20

/** Makes a commit durable, and room for the next one. @throws CodedError `log_full` when there can be no room for it */
export async function commitTo(
  dependencies: CommitDependencies,
  attempt: CommittingAttempt,
  commitId: string,
  commit: Commit,
): Promise<CommitOutcome> {
  const { redis, segmentMover, logLimitBytes } = dependencies
  const append = await appendTo(dependencies, attempt, commitId, commit)
  const [outcome, total, log] = await append()
  if (outcome === 'COMMITTED') {
    const moved = (await segmentMover?.makeRoom({ ...attempt, commitId }, { total, log })) ?? 0
    noteLogWindow(redis, attempt.jobId, total - moved)
  }
  if (outcome !== 'LOG_FULL') return outcome
  if (log === 0) {
    const why =
      `The states of the job, its position and one answer of Intercom need more than LOG_LIMIT_BYTES (${logLimitBytes}): ` +
      'raise it, or begin without a state'
    throw new CodedError('log_full', why)
  }
  // Moving may have failed at earlier commits.
  return (await makeRoom(dependencies, attempt)) === 0 ? outcome : (await append())[0]
}

/** Makes room in a log that is full. @returns bytes that are free now */
export async function makeRoom(
  { redis, segmentMover, segmentReader }: CommitDependencies,
  attempt: CommittingAttempt,
): Promise<number> {
  const texts = await storeAnswer(redis.hmget(redis.keyspace.job(attempt.jobId, 'record'), ...figureNames))
  const [log = 0, ...others] = texts.map((text) => Number(text ?? 0))
  const held: LogWindowBytes = { log, total: others.reduce((sum, bytes) => sum + bytes, log) }
  const moved = await segmentMover?.makeRoom(attempt, held)
  return moved || giveWay({ redis, segmentReader }, attempt, attempt.seals)
}

/** Seals a commit. @returns the call that appends it to the log, which may be sent more than once */
async function appendTo(
  { redis, clock, logLimitBytes }: CommitDependencies,
  attempt: CommittingAttempt,
  commitId: string,
  commit: Commit,
): Promise<() => Promise<Static<typeof commitScript.reply>>> {
  const { jobId, fence, attemptId, offset, lock } = attempt
  const lastOffset = offset + commit.messageCount
  const blob = commit.messageCount > 0 ? await attempt.seals().sealLines(commit.body, lastOffset) : ''
  const checkpoints = commit.checkpoints.map(({ messageIndex, streamName, streamState }) => ({
    offset: offset + messageIndex,
    streamName,
    streamState,
  }))
  const call = {
    keys: {
      recordKey: redis.keyspace.job(jobId, 'record'),
      logKey: redis.keyspace.job(jobId, 'log'),
      positionKey: redis.keyspace.job(jobId, 'position'),
      growthKey: redis.keyspace.job(jobId, 'growth'),
      notedKey: redis.keyspace.job(jobId, 'noted'),
      statesKey: redis.keyspace.job(jobId, 'states'),
      lockKey: lock?.key,
    },
    args: {
      channel: redis.keyspace.changedChannel(jobId),
      now: clock.now(),
      fence,
      attemptId,
      commitId,
      expectedOffset: offset,
      expectedCommitId: attempt.commitId,
      messageCount: commit.messageCount,
      blob,
      bytes: commit.body.length,
      recordCount: commit.recordCount,
      checkpoints: checkpoints.length > 0 && JSON.stringify(checkpoints),
      lastCheckpoint: checkpoints.at(-1)?.offset,
      position: JSON.stringify(commit.position),
      growth: commit.growth && JSON.stringify(commit.growth),
      fingerprints: commit.fingerprints,
      isNoted: commit.fingerprints !== undefined,
      mostNotedBytes: Math.min(mostNotedBytes, logLimitBytes / 8),
      streams: JSON.stringify(commit.streams),
      skippedStreams: commit.skippedStreams && JSON.stringify(commit.skippedStreams),
      holdsErrorTrace: commit.holdsError,
      logLimitBytes,
      isProgress: commit.isProgress,
      lockToken: lock?.token,
    },
    entries: checkpoints.map(({ streamName, streamState }) => ({
      streamName,
      streamState: JSON.stringify(streamState),
    })),
  }
  return () => runScript(redis, commitScript, call)
}
