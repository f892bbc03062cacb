import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Clock } from '../../clock.ts'
import type { ErrorCode } from '../../error-table.ts'
import { CodedError, toJobFailure } from '../../errors.ts'
import { StoredDataError } from '../../stored/stored-data.ts'
import type { StreamProgress } from '../../sync/contract/commit.ts'
import { closeStreams, type Ending as SyncEnding } from '../../sync/delivery/closing-lines.ts'
import { storeAnswer } from '../availability.ts'
import type { FinalStatus } from '../job.ts'
import { type CancelReason, parseStreams } from '../job-record.ts'
import { changedChannel, jobKey } from '../keys.ts'
import type { Retention } from '../log/retention.ts'
import { runScript } from '../script.ts'
import { openJobSeals } from '../secrets/job-seals.ts'
import { type EncryptionKey, SealBrokenError } from '../secrets/sealing.ts'
import { endScript } from './end.lua.ts'
import { forgetJob } from './live-jobs.ts'

/** How a job is to end. A job that is said to have succeeded fails if a stream is not COMPLETE. */
export type Ending = SyncEnding<FinalStatus>

/** The queue's lock on a job, and what it holds while it is an attempt's. */
export interface QueueLock {
  key: string
  token: string
}

/** The attempt that ends its job, and what it knows of the log. */
export interface EndingAttempt {
  attemptId: string
  lock?: QueueLock | undefined
  /** What it has written, all that the log may hold; absent where it gives up and cannot tell. */
  written?: { offset: number; commitId: string }
}

export interface JobEndDependencies {
  redis: Redis
  keys: readonly EncryptionKey[]
  clock: Clock
  retention: Retention
  /** Told of the end of each job that this process has ended. */
  onJobEnded?: EndObserver
}

/** @param code why it did not succeed; undefined when it did */
export type EndObserver = (status: Ending['status'], code: ErrorCode | undefined) => void

/**
 * Ends a job, written once whoever comes first: worker, API or reconciler.
 *
 * @param fence the latest attempt the caller knows of; a newer one keeps the job
 * @param by absent for callers that are no attempt
 */
export async function endJob(
  dependencies: JobEndDependencies,
  jobId: number,
  fence: number,
  ending: Ending,
  by?: EndingAttempt,
): Promise<EndOutcome> {
  // A commit of the same attempt may come between reading and ending, but each such round means progress elsewhere.
  for (;;) {
    const outcome = await tryToEnd(dependencies, jobId, fence, ending, by)
    if (outcome === 'CHANGED') continue
    if (outcome === 'DONE' || outcome === 'ENDED') {
      await forgetJob(dependencies.redis, jobId)
    }
    return outcome
  }
}

/**
 * `ENDED`: it had ended already. `FENCED`: a newer attempt has it. `REWOUND`: Redis holds less, or
 * other, than the caller has written.
 */
export type EndOutcome = 'DONE' | 'ENDED' | 'FENCED' | 'REWOUND'

async function tryToEnd(
  { redis, keys, clock, retention, onJobEnded }: JobEndDependencies,
  jobId: number,
  fence: number,
  ending: Ending,
  by: EndingAttempt | undefined,
): Promise<EndOutcome | 'CHANGED'> {
  const [record, wrappedDataKey] = await storeAnswer(
    Promise.all([
      redis.hmget(jobKey(jobId, 'record'), 'tenant', 'messages', 'streams', 'errorTraced'),
      redis.get(jobKey(jobId, 'dataKey')),
    ]),
  )
  const [tenant, messages, streamsText, errorTraced] = record
  if (!tenant || !messages) return 'ENDED'
  const written = by?.written
  if (written && Number(messages) !== written.offset) return 'REWOUND'

  const now = clock.now()
  const streams = readableStreams(jobId, streamsText)
  const closing = closeStreams(streams, ending, errorTraced === '1', now)
  const { status, failure } = closing.ending
  const entry = await sealClosing(keys, wrappedDataKey, { tenant, jobId }, Number(messages), closing.lines)
  const outcome = await runScript(redis, endScript, {
    keys: {
      recordKey: jobKey(jobId, 'record'),
      logKey: jobKey(jobId, 'log'),
      positionKey: jobKey(jobId, 'position'),
      requestKey: jobKey(jobId, 'request'),
      dataKeyKey: jobKey(jobId, 'dataKey'),
      statesKey: jobKey(jobId, 'states'),
      readersKey: jobKey(jobId, 'readers'),
      lockKey: by?.lock?.key,
    },
    args: {
      channel: changedChannel(jobId),
      now,
      fence,
      expectedOffset: messages,
      expectedStreams: streamsText ?? '',
      expectedErrorTraced: errorTraced ?? '',
      finalStatus: status,
      failure: failure && JSON.stringify(failure),
      messageCount: entry.count,
      blob: entry.blob,
      bytes: entry.bytes,
      streams: JSON.stringify(closing.streams),
      logRetentionMs: retention.logMs,
      recordRetentionMs: retention.recordMs,
      newEpoch: written ? '' : randomUUID(),
      attemptId: by?.attemptId,
      expectedCommitId: written?.commitId,
      lockToken: by?.lock?.token,
    },
  })
  if (outcome === 'DONE') onJobEnded?.(status, failure?.code)
  return outcome
}

/** None where they cannot be read: a job must come to its end all the same. Whoever says that it succeeded has written them. */
function readableStreams(jobId: number, text: string | null | undefined): StreamProgress[] {
  try {
    return parseStreams(jobId, text ?? undefined)
  } catch (error) {
    if (error instanceof StoredDataError) return []
    throw error
  }
}

interface ClosingEntry {
  count: number
  blob: Buffer | ''
  bytes: number
}

const noEntry: ClosingEntry = { count: 0, blob: '', bytes: 0 }

/** The closing entry, none where the job's log cannot be opened by anybody: a lost key must not keep a job alive. */
async function sealClosing(
  keys: readonly EncryptionKey[],
  wrappedDataKey: string | null,
  owner: { tenant: string; jobId: number },
  offset: number,
  lines: string[],
): Promise<ClosingEntry> {
  if (lines.length === 0 || !wrappedDataKey) return noEntry
  const text = Buffer.from(lines.join(''))
  try {
    const seals = openJobSeals(keys, wrappedDataKey, owner)
    return { count: lines.length, blob: await seals.sealLines(text, offset + lines.length), bytes: text.length }
  } catch (error) {
    if (error instanceof SealBrokenError) return noEntry
    throw error
  }
}

/** How a job ends that somebody asked to end. */
export function cancelledEnding(reason: CancelReason): Ending {
  const message =
    reason === 'abandoned'
      ? 'The job was cancelled: the client that read it hung up and did not come back in time.'
      : 'The job was cancelled.'
  return { status: 'cancelled', failure: toJobFailure(new CodedError('job_cancelled', message)) }
}
