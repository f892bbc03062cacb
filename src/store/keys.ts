const prefix = 'intercom-sync'

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
  /** Hash: stream name -> latest `stream_state` in the log, `given:<stream name>` -> the one the job began with; JSON. */
  states: 'states',
  /** Sorted set: the segments with the log's oldest messages (`segment-index.ts`), by the offset of their last message. */
  segments: 'segments',
  /** Sorted set: reader id -> when its lease runs out, ms on Redis's clock. */
  readers: 'readers',
} as const

export type JobKey = keyof typeof jobKeys

export function jobKey(jobId: number, key: JobKey): string {
  return `${prefix}:{job:${jobId}}:${jobKeys[key]}`
}

/** `record`: hash, see `redis-connections.ts`. `states`: hash, stream name -> acknowledged `stream_state`, JSON. */
export function connectionKey(tenant: string, connectionId: string, key: 'record' | 'states'): string {
  return `${prefix}:{connection:${tenant}:${connectionId}}:${key}`
}

/** String: the data for a key for repeats: the digest of the first request's body and the id of its job. */
export function repeatKey(tenant: string, keyDigest: string): string {
  return `${prefix}:{repeats}:${tenant}:${keyDigest}`
}

/** Sorted set: the ids of a tenant's connections, all with one score and so in the order of their bytes. */
export function connectionIndexKey(tenant: string): string {
  return `${prefix}:{connections}:of:${tenant}`
}

/** String: a version and the usage of an access token or a workspace, JSON; by keyed digest. */
export function budgetKey(kind: 'token' | 'workspace', digest: string): string {
  return `${prefix}:{budget}:${kind}:${digest}`
}

/** The parts before and after a job's id in the key of its record, for scripts that find the id in Redis. */
export const recordKeyAround = { beforeId: `${prefix}:{job:`, afterId: `}:${jobKeys.record}` }

/** Sorted set: the ids of a tenant's jobs, for their list. */
export function jobIndexKey(tenant: string): string {
  return `${prefix}:{jobs}:of:${tenant}`
}

/** Keys and channels that do not belong to a single job. */
export const sharedKeys = {
  /** Counter: the last job id given out. */
  lastJobId: `${prefix}:{jobs}:last-id`,
  /** String: `run_id` of the Redis process that gave out the last job id. */
  lastJobRunId: `${prefix}:{jobs}:last-run-id`,
  /** Sorted set: id -> time of creation, ms. Every job that may not have ended; the reconciler looks over these. */
  liveJobs: `${prefix}:{jobs}:live`,
  /** Hash: id of each encryption key that was ever used here -> a word sealed with it. */
  keyCanaries: `${prefix}:{keys}:canaries`,
  /** Hash: id of an encryption key -> the secret that all processes share, sealed with it. */
  secrets: `${prefix}:{keys}:secrets`,
  /** Sorted set: worker id -> until when it counts as alive, ms on Redis's clock. */
  workers: `${prefix}:{workers}:there`,
  /** String: the folder below `DATA_DIR/segments` that this service's segments are written to. */
  segmentFolder: `${prefix}:{segments}:folder`,
  /** Sorted set: ids of the processes that can read that folder -> until when they count, ms on Redis's clock. */
  segmentSharers: `${prefix}:{segments}:shared`,
  /** Sorted set: the same, of those that cannot. */
  segmentStrangers: `${prefix}:{segments}:apart`,
  /** Sorted set: segments that no log names -> since when, ms on Redis's clock. */
  unnamedSegments: `${prefix}:{segments}:unnamed`,
  /** Sorted set: job id -> bytes of its log in Redis, about; small ones are not there. */
  logWindows: `${prefix}:{logs}:windows`,
  /** String that expires: all logs together have reached `LOG_TOTAL_BYTES`, and nothing gives way. */
  storageFull: `${prefix}:{logs}:full`,
  /** Prefix of strings: digest of an access token -> who holds the lease on its workspace's scroll. */
  scrollLeasePrefix: `${prefix}:scroll-lease:`,
  /** Counter: counts changes of connections' states by hand and new connections, over all tenants. */
  lastGeneration: `${prefix}:{connections}:last-generation`,
  /** Prefix of BullMQ's own keys. */
  queuePrefix: `${prefix}:{queue}`,
  /** Channel: the ids of jobs that somebody wants cancelled. */
  cancelChannel: `${prefix}:cancel`,
  /** Pattern that matches every `changedChannel`. */
  changedPattern: `${prefix}:changed:*`,
} as const

/** Channel that carries a job's status after every commit, change of status and end. */
export function changedChannel(jobId: number): string {
  return `${prefix}:changed:${jobId}`
}

/** The job id of a `changedChannel`. */
export function jobIdOfChannel(channel: string): number {
  return Number(channel.slice(channel.lastIndexOf(':') + 1))
}
