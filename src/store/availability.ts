import { CodedError } from '../errors.ts'

/** What Redis and ioredis say when Redis cannot serve now (the command itself was right), and their meaning. */
const unavailable = [
  {
    reason: 'full',
    said: /^OOM\b/,
    meaning: 'Redis is full: it refuses what would need more memory than its maxmemory',
  },
  { reason: 'disk', said: /^MISCONF\b/, meaning: 'Redis cannot write to its disk, and takes no writes until it can' },
  { reason: 'loading', said: /^LOADING\b/, meaning: 'Redis is still reading its data' },
  { reason: 'replica', said: /^READONLY\b/, meaning: 'This Redis is a replica: the address must lead to the primary' },
  {
    reason: 'servers_lost',
    said: /^(MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS)\b/,
    meaning: 'Redis has lost other servers that it needs',
  },
  { reason: 'busy', said: /^BUSY\b/, meaning: 'Redis is busy with a script' },
  {
    reason: 'credentials',
    said: /^(WRONGPASS|NOAUTH)\b|invalid password/,
    meaning: 'Redis no longer accepts the user or the password of this service',
  },
  {
    reason: 'rights',
    said: /^NOPERM\b|ACL failure in script|user executing the script can't/,
    meaning: 'Redis no longer gives the user of this service a right that it needs',
  },
  {
    reason: 'database',
    said: /^ERR (DB index|invalid DB)/,
    meaning: 'Redis no longer has the database of this service',
  },
  { reason: 'connections', said: /^ERR max number of clients/, meaning: 'Redis has no room for another connection' },
  {
    reason: 'certificate',
    said: /CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|UNABLE_TO_/,
    meaning: 'The certificates of Redis and of this service do not fit',
  },
  { reason: 'timeout', said: /Command timed out|Socket timeout/, meaning: 'Redis did not answer in time' },
  {
    reason: 'unreachable',
    said: /Connection is closed|Stream isn't writeable|max retries per request|ECONN|EPIPE|ENOENT|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH/,
    meaning: 'Redis cannot be reached',
  },
] as const satisfies { reason: string; said: RegExp; meaning: string }[]

/** Why Redis cannot serve at present, as metrics name it. */
export type UnavailableReason = (typeof unavailable)[number]['reason']

function findUnavailable(error: unknown): (typeof unavailable)[number] | undefined {
  if (!(error instanceof Error)) return undefined
  return unavailable.find(({ said }) => said.test(error.message) || said.test(error.name))
}

/** Why Redis could not serve a call of the store; undefined for an error of another kind. */
export function unavailabilityOf(error: unknown): UnavailableReason | undefined {
  return error instanceof CodedError && error.code === 'store_unavailable'
    ? findUnavailable(error.cause)?.reason
    : undefined
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
    const meaning = findUnavailable(error)?.meaning
    throw meaning === undefined ? error : new CodedError('store_unavailable', meaning, { cause: error })
  }
}
