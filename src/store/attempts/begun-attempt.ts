import Type from 'typebox'
import { positionWithLists } from '../../stored/progress.ts'
import { NumberText, parseStored, readStored, refuseOtherVersion } from '../../stored/stored-data.ts'
import type { Position } from '../../sync/contract/commit.ts'
import type { SyncRequest } from '../../sync/contract/sync-request.ts'
import { storeAnswer } from '../availability.ts'
import { type CancelReason, cancelReasonOf } from '../job-record.ts'
import type { StoreClient } from '../keys.ts'
import { type JobSeals, openJobSeals } from '../secrets/job-seals.ts'
import type { EncryptionKey } from '../secrets/sealing.ts'

/** The data that an attempt continues from. */
export interface BegunAttempt {
  /** Its number, which differs from the requested one if that was given out before. */
  fence: number
  /** Messages in the log. */
  offset: number
  /** The last commit of these messages; '' before the job's first one. */
  commitId: string
  /** Attempts, including this one, since the job last made progress; those that died count in `deaths`. */
  idleAttempts: number
  /** Attempts since then whose workers died, or lost the job, before they could report it. */
  deaths: number
  /** Attempts at the job, including this one. */
  attempts: number
  cancelReason?: CancelReason
  /** The job goes on after a rest: this is no further attempt. */
  isRested: boolean
  /** Rests in a row that brought no progress. */
  idleRests: number
  /** '' in a damaged record. */
  tenant: string
  /** The connection that the job belongs to, if any. */
  connectionId?: string
  /** @throws SealBrokenError */
  seals(): JobSeals
  /** Opens the sealed request. @throws SealBrokenError; StoredDataError */
  openRequest(): SyncRequest
  /** Undefined until the job's first commit. @throws StoredDataError */
  readPosition(): Position | undefined
}

/** The reply of the script that begins an attempt, by name. */
const BegunReply = Type.Object({
  tenant: Type.Optional(Type.String()),
  messages: NumberText,
  fence: NumberText,
  commitId: Type.Optional(Type.String()),
  idleAttempts: NumberText,
  /** Missing in records of older versions. */
  deaths: Type.Optional(NumberText),
  attempts: NumberText,
  cancelReason: Type.Optional(Type.String()),
  rested: Type.Optional(Type.String()),
  /** Missing in records of older versions, and after progress. */
  idleRests: Type.Optional(NumberText),
  position: Type.Optional(Type.String()),
  connectionId: Type.Optional(Type.String()),
  wrappedDataKey: Type.Optional(Type.String()),
  request: Type.Optional(Type.String()),
})

const PositionSchema = Type.Record(Type.String(), Type.Unknown())

/**
 * An attempt that has begun, as the script replied.
 *
 * Parts that may be unreadable (a lost key, data of a later version) are opened only on request. The attempt must begin
 * even then, so that such attempts are counted and end.
 *
 * @throws StoredDataError for counters that are not numbers
 */
export function readBegun(
  keys: readonly EncryptionKey[],
  jobId: number,
  namesAndValues: readonly string[],
): BegunAttempt {
  const what = `the record of job ${jobId}`
  const { v, ...fields } = Object.fromEntries(pairsOf(namesAndValues))
  const begun = readStored(BegunReply, fields, what)
  const { tenant = '', wrappedDataKey = '', request = '', position } = begun
  let seals: JobSeals | undefined
  const openSeals = () => {
    seals ??= openJobSeals(keys, wrappedDataKey, { tenant, jobId })
    return seals
  }
  return {
    fence: Number(begun.fence),
    offset: Number(begun.messages),
    commitId: begun.commitId ?? '',
    idleAttempts: Number(begun.idleAttempts),
    deaths: Number(begun.deaths ?? 0),
    attempts: Number(begun.attempts),
    isRested: begun.rested !== undefined,
    idleRests: Number(begun.idleRests ?? 0),
    ...(begun.cancelReason !== undefined && { cancelReason: cancelReasonOf(begun.cancelReason) }),
    tenant,
    ...(begun.connectionId !== undefined && { connectionId: begun.connectionId }),
    seals: openSeals,
    openRequest() {
      refuseOtherVersion(v, what)
      return openSeals().openRequest(request)
    },
    readPosition: () =>
      position === undefined
        ? undefined
        : parseStored(PositionSchema, position, `the position of job ${jobId}`, positionWithLists),
  }
}

/** Commits whose growth is read at a time. */
const perRead = 100

const Growths = Type.Array(Type.Unknown())

/** What the commits of a job have added to the lists of its position, in order. @throws StoredDataError */
export async function readGrowth(redis: StoreClient, jobId: number): Promise<unknown[]> {
  const newestFirst: string[] = []
  for (let read = perRead; read === perRead; ) {
    const from = newestFirst.length
    const texts = await storeAnswer(redis.lrange(redis.keyspace.job(jobId, 'growth'), from, from + perRead - 1))
    newestFirst.push(...texts)
    read = texts.length
  }
  return newestFirst.toReversed().flatMap((text) => parseStored(Growths, text, `the position of job ${jobId}`))
}

function* pairsOf(namesAndValues: readonly string[]): Generator<[name: string, value: string]> {
  for (let place = 0; place < namesAndValues.length; place += 2)
    yield [namesAndValues[place] ?? '', namesAndValues[place + 1] ?? '']
}
