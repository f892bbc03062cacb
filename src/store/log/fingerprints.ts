import { CodedError } from '../../errors.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'

const listsPerRead = 16

/**
 * The fingerprints of the records that were among the messages before an offset, which have given way.
 *
 * @throws CodedError `log_gone` when they are not known, because an earlier version removed the messages
 */
export async function* readFingerprints(
  redis: StoreClient,
  jobId: number,
  firstLeft: number,
): AsyncGenerator<{ fingerprints: Buffer }, void, void> {
  const known = await storeAnswer(redis.hget(redis.keyspace.job(jobId, 'record'), 'fingerprintedTo'))
  if (Number(known ?? 0) < firstLeft) throw new CodedError('log_gone')
  const key = redis.keyspace.job(jobId, 'fingerprints')
  // New ones come to the head: counted from the end, none is passed over.
  for (let passed = 0; ; passed += listsPerRead) {
    const lists = await storeAnswer(redis.lrangeBuffer(key, -passed - listsPerRead, -passed - 1))
    for (const fingerprints of lists) yield { fingerprints }
    if (lists.length < listsPerRead) return
  }
}
