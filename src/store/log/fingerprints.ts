import { CodedError } from '../../errors.ts'
import { readStoredNumber } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'

const listsPerRead = 16

/**
 * The fingerprints of the records that were among the messages before an offset, which have given way.
 *
 * @throws StoredDataError, CodedError `log_gone` when they are not known, because an earlier version removed the messages
 */
export async function* readFingerprints(
  redis: StoreClient,
  jobId: number,
  firstLeft: number,
): AsyncGenerator<{ fingerprints: Buffer }, void, void> {
  const known = await storeAnswer(redis.hget(redis.keyspace.job(jobId, 'record'), 'fingerprintedTo'))
  if (readStoredNumber(known, `fingerprintedTo of job ${jobId}`) < firstLeft) throw new CodedError('log_gone')
  yield* readLists(redis, redis.keyspace.job(jobId, 'fingerprints'))
}

/**
 * The fingerprints that the commits of a job have left of their records.
 *
 * @returns the offset up to which they are all there are; 0 when there are none @throws StoredDataError
 */
export async function* readNoted(
  redis: StoreClient,
  jobId: number,
): AsyncGenerator<{ fingerprints: Buffer }, number, void> {
  const noted = await storeAnswer(redis.hget(redis.keyspace.job(jobId, 'record'), 'notedTo'))
  const notedTo = readStoredNumber(noted, `notedTo of job ${jobId}`)
  if (notedTo > 0) yield* readLists(redis, redis.keyspace.job(jobId, 'noted'))
  return notedTo
}

async function* readLists(redis: StoreClient, key: string): AsyncGenerator<{ fingerprints: Buffer }, void, void> {
  // New ones come to the head: counted from the end, none is passed over.
  for (let passed = 0; ; passed += listsPerRead) {
    const lists = await storeAnswer(redis.lrangeBuffer(key, -passed - listsPerRead, -passed - 1))
    for (const fingerprints of lists) yield { fingerprints }
    if (lists.length < listsPerRead) return
  }
}
