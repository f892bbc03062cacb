import { CodedError } from '../errors.ts'

/** The messages of Redis and ioredis when Redis cannot serve now (the command itself was right), and their meaning. */
const unavailable: readonly [said: RegExp, meaning: string][] = [
  [/^OOM\b/, 'Redis is full: it refuses what would need more memory than its maxmemory'],
  [/^MISCONF\b/, 'Redis cannot write to its disk, and takes no writes until it can'],
  [/^LOADING\b/, 'Redis is still reading its data'],
  [/^READONLY\b/, 'This Redis is a replica: the address must lead to the primary'],
  [/^(MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS)\b/, 'Redis has lost other servers that it needs'],
  [/^BUSY\b/, 'Redis is busy with a script'],
  [/^(WRONGPASS|NOAUTH)\b|invalid password/, 'Redis no longer accepts the user or the password of this service'],
  [
    /^NOPERM\b|ACL failure in script|user executing the script can't/,
    'Redis no longer gives the user of this service a right that it needs',
  ],
  [/^ERR (DB index|invalid DB)/, 'Redis no longer has the database of this service'],
  [/^ERR max number of clients/, 'Redis has no room for another connection'],
  [/CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|UNABLE_TO_/, 'The certificates of Redis and of this service do not fit'],
  [/Command timed out|Socket timeout/, 'Redis did not answer in time'],
  [
    /Connection is closed|Stream isn't writeable|max retries per request|ECONN|EPIPE|ENOENT|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH/,
    'Redis cannot be reached',
  ],
]

/** Why Redis cannot serve at present, in words; undefined for an error of another kind. */
function whyUnavailable(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return unavailable.find(([said]) => said.test(error.message) || said.test(error.name))?.[1]
}

/**
 * Redis's answer.
 *
 * @throws CodedError `store_unavailable` when Redis cannot serve at present; other errors unchanged
 */
export async function storeAnswer<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    const why = whyUnavailable(error)
    throw why === undefined ? error : new CodedError('store_unavailable', why, { cause: error })
  }
}
