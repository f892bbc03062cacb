import type { Redis } from 'ioredis'

/** What the names of a service begin with, unless `REDIS_PREFIX` says otherwise. */
export const defaultPrefix = 'intercom-sync'

/** Every key that belongs to one job. The hash tag keeps them in one slot, so that a script may use all of them. */
const jobKeys = {
  /** Hash: the job record, see `job-record.ts`. */
  record: 'record',
  /** Stream: the message log, one entry per commit, its id `<offset of the entry's last message>-0`. */
  log: 'log',
  /** String: the job's data key, wrapped. It lives exactly as long as the log does. */
  dataKey: 'data-key',
  /** String: config, catalog and states, sealed. Deleted by the script that ends the job. */
  request: 'request',
  /**
   * String: JSON, everything that the next attempt needs in order to continue. Deleted by the script that ends the job.
   */
  position: 'position',
  /**
   * List: JSON, what each commit has added to the growing lists of the position, the newest first; see `Growth`. Deleted like
   * the position.
   */
  growth: 'growth',
  /**
   * List: fingerprints of the records that each commit has added, twelve bytes each, up to the message `notedTo` of the
   * record. Deleted like the position.
   */
  noted: 'noted',
  /** Hash: stream name -> latest `stream_state` in the log, `given:<stream name>` -> the one the job began with; JSON. */
  states: 'states',
  /** Sorted set: the segments with the log's oldest messages (`segment-index.ts`), by the offset of their last message. */
  segments: 'segments',
  /**
   * List: fingerprints of the records whose messages have given way, twelve bytes each. Deleted by the script that ends
   * the job.
   */
  fingerprints: 'fingerprints',
  /** Sorted set: reader id -> when its lease runs out, ms on Redis's clock. */
  readers: 'readers',
} as const

type JobKey = keyof typeof jobKeys

/** Keys and channels that do not belong to a single job, without the prefix. */
const sharedNames = {
  /** Counter: the last job id given out. */
  lastJobId: '{jobs}:last-id',
  /** String: `run_id` of the Redis process that gave out the last job id. */
  lastJobRunId: '{jobs}:last-run-id',
  /** Sorted set: id -> time of creation, ms. Every job that may not have ended; the reconciler looks over these. */
  liveJobs: '{jobs}:live',
  /** Hash: id of each encryption key that was ever used here -> a word sealed with it. */
  keyCanaries: '{keys}:canaries',
  /** Hash: id of an encryption key -> the secret that all processes share, sealed with it. */
  secrets: '{keys}:secrets',
  /** Sorted set: worker id -> until when it counts as alive, ms on Redis's clock. */
  workers: '{workers}:there',
  /** String: the folder below `DATA_DIR/segments` that this service's segments are written to. */
  segmentFolder: '{segments}:folder',
  /** Sorted set: ids of the processes that can read that folder -> until when they count, ms on Redis's clock. */
  segmentSharers: '{segments}:shared',
  /** Sorted set: the same, of those that cannot. */
  segmentStrangers: '{segments}:apart',
  /** Sorted set: segments that no log names -> since when, ms on Redis's clock. */
  unnamedSegments: '{segments}:unnamed',
  /** Sorted set: job id -> bytes of its log in Redis, about; small ones are not there. */
  logWindows: '{logs}:windows',
  /** String that expires: all logs together have reached `LOG_TOTAL_BYTES', and nothing gives way. */
  storageFull: '{logs}:full',
  /** Prefix of strings: digest of an access token -> who holds the lease on its workspace's scroll. */
  scrollLeasePrefix: 'scroll-lease:',
  /** Counter: counts changes of connections' states by hand and new connections, over all tenants. */
  lastGeneration: '{connections}:last-generation',
  /** Sorted set: `<tenant>:<connection id>` of the connections that have a schedule. */
  scheduledConnections: '{connections}:scheduled',
  /**
   * List: what became of connections with webhooks, `<event> <JSON>`, the newest first, until each webhook has its
   * delivery; see `events.ts`.
   */
  events: '{webhooks}:events',
  /** Sorted set: `<tenant>:<connection id>:<delivery id>` of the deliveries that have not ended -> since when, ms. */
  pendingDeliveries: '{webhooks}:pending',
  /** Sorted set: the same of those that have failed. */
  failedDeliveries: '{webhooks}:failed',
  /** Sorted set: `<tenant>:<connection id>` of the connections that have webhooks. */
  tellingConnections: '{webhooks}:connections',
  /** Prefix of strings: place of a webhook -> who sends to it. */
  deliveryLeasePrefix: '{webhooks}:lease:',
  /** Prefix of BullMQ's own keys. */
  queuePrefix: '{queue}',
  /** Prefix of keys with which a process tries what it needs of Redis. They live for seconds. */
  trialPrefix: '{trial}:',
  /** Channel: the ids of jobs that somebody wants cancelled. */
  cancelChannel: 'cancel',
  /** Pattern that matches every `changedChannel`. */
  changedPattern: 'changed:*',
} as const

type SharedNames = { readonly [Name in keyof typeof sharedNames]: string }

type ConnectionKey = 'record' | 'states' | 'jobs' | 'deliveries' | 'delivery-order' | 'due-deliveries'

/** The names of all keys and channels of one service. */
export interface Keyspace extends SharedNames {
  /** What all of them begin with, without the colon behind it. */
  prefix: string
  job(jobId: number, key: JobKey): string
  /**
   * `record`: hash, see `connection-record.ts`. `states`: hash, stream name -> acknowledged `stream_state`, JSON. `jobs`:
   * list, the ids of its latest jobs that have ended, the newest first; their records are kept as long as they are there.
   * `deliveries`: hash, delivery id -> JSON, see `delivery-record.ts`. `delivery-order`: sorted set, delivery id -> its
   * number. `due-deliveries`: sorted set, `<place>:<number>:<delivery id>` -> when it is tried next, ms since the epoch.
   */
  connection(tenant: string, connectionId: string, key: ConnectionKey): string
  /** `record`: hash, see `sign-ins.lua.ts`. `consent`: string, the token and the confirmation code, sealed; it expires. */
  signIn(flowId: string, key: 'record' | 'consent'): string
  /** String: the data for a key for repeats: the digest of the first request's body and the id of its job. */
  repeat(tenant: string, keyDigest: string): string
  /** Sorted set: the ids of a tenant's connections, all with one score and so in the order of their bytes. */
  connectionIndex(tenant: string): string
  /** String: a version and the usage of an access token or a workspace, JSON; by keyed digest. */
  budget(kind: 'token' | 'workspace', digest: string): string
  /** Sorted set: the ids of a tenant's jobs, for their list. */
  jobIndex(tenant: string): string
  /** The parts before and after a job's id in the key of its record, for scripts that find the id in Redis. */
  recordAround: { beforeId: string; afterId: string }
  /** Channel that carries a job's status after every commit, change of status and end. */
  changedChannel(jobId: number): string
}

/**
 * A client with the names that it is used for, so that no call can mix the Redis of one service with the names of
 * another.
 */
export interface StoreClient extends Redis {
  readonly keyspace: Keyspace
}

/** @param prefix has no colon, so that no name of a service begins with the prefix of another and a colon */
export function createKeyspace(prefix: string): Keyspace {
  const named = (name: string) => `${prefix}:${name}`
  const shared = Object.fromEntries(Object.entries(sharedNames).map(([key, name]) => [key, named(name)]))
  return {
    ...(shared as SharedNames),
    prefix,
    job: (jobId, key) => named(`{job:${jobId}}:${jobKeys[key]}`),
    connection: (tenant, connectionId, key) => named(`{connection:${tenant}:${connectionId}}:${key}`),
    signIn: (flowId, key) => named(`{sign-in:${flowId}}:${key}`),
    repeat: (tenant, keyDigest) => named(`{repeats}:${tenant}:${keyDigest}`),
    connectionIndex: (tenant) => named(`{connections}:of:${tenant}`),
    budget: (kind, digest) => named(`{budget}:${kind}:${digest}`),
    jobIndex: (tenant) => named(`{jobs}:of:${tenant}`),
    recordAround: { beforeId: named('{job:'), afterId: `}:${jobKeys.record}` },
    changedChannel: (jobId) => named(`changed:${jobId}`),
  }
}

/** The job id of a `changedChannel`. */
export function jobIdOfChannel(channel: string): number {
  return Number(channel.slice(channel.lastIndexOf(':') + 1))
}
