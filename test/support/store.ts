import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { recordPrefix, recordSuffix } from '../../src/airbyte/messages.ts'
import { type Clock, systemClock } from '../../src/clock.ts'
import type { ClientProfile } from '../../src/redis/redis.ts'
import {
  type Attempt,
  type AttemptIdentity,
  type AttemptStore,
  createAttemptStore,
} from '../../src/store/attempts/attempts.ts'
import type { JobEndDependencies } from '../../src/store/attempts/job-end.ts'
import type { ConnectionStore } from '../../src/store/connections/connection-store.ts'
import { createConnectionStore } from '../../src/store/connections/redis-connections.ts'
import type { JobStore } from '../../src/store/jobs/job-store.ts'
import { createJobStore } from '../../src/store/jobs/redis-job-store.ts'
import type { StoreClient } from '../../src/store/keys.ts'
import type { MessageLogReader } from '../../src/store/log/message-log.ts'
import { createMessageLogReader } from '../../src/store/log/redis-message-log.ts'
import { retentionOf } from '../../src/store/log/retention.ts'
import { createWakeUps, type WakeUps } from '../../src/store/log/wake-ups.ts'
import { type EncryptionKey, encryptionKey } from '../../src/store/secrets/sealing.ts'
import type { DiskQuota, SegmentDisk } from '../../src/store/segments/segment-disk.ts'
import { createSegmentMover, type SegmentMover } from '../../src/store/segments/segment-mover.ts'
import { createSegmentReader, type SegmentReader } from '../../src/store/segments/segment-reading.ts'
import type { Commit, StreamProgress } from '../../src/sync/contract/commit.ts'
import type { SyncRequest } from '../../src/sync/contract/sync-request.ts'
import type { Teardown } from './processes.ts'
import type { RedisAccess } from './redis.ts'

export interface TestStore extends JobEndDependencies {
  redis: StoreClient
  clock: Clock
  wakeUps: WakeUps
  jobs: JobStore
  connections: ConnectionStore
  messages: MessageLogReader
  attempts: AttemptStore
  /** Present if the store has segments. */
  segmentReader?: SegmentReader
  segmentMover?: SegmentMover
  /** Ids handed to the workers. */
  queued: number[]
}

interface StoreOptions {
  logLimitBytes?: number
  /** @defaultValue the whole log stays in Redis */
  segments?: TestSegments
  clock?: Clock
  readerLeaseMs?: number
  retentionMs?: number
  enqueue?: (jobId: number) => Promise<void>
  /** @defaultValue 'waitForever' */
  profile?: ClientProfile
  /** @defaultValue a new key */
  keys?: readonly EncryptionKey[]
}

/** Where a test's segments are. */
export interface TestSegments {
  root: string
  /** Below the root; undefined while nothing may be moved. */
  folder: string | undefined
  windowBytes: number
  quota?: DiskQuota
  freeDisk?: (bytes: number) => Promise<number>
  disk?: SegmentDisk
  /** Gets what keeps entries from being moved. @defaultValue it is thrown away */
  onError?: (error: unknown) => void
}

/** An empty folder for segments, removed when the test ends. */
export async function segmentsIn(t: Teardown, windowBytes: number): Promise<TestSegments> {
  const root = await mkdtemp(join(tmpdir(), 'intercom-sync-segments-'))
  t.teardown(() => rm(root, { recursive: true, force: true }))
  await mkdir(join(root, 'mine'))
  return { root, folder: 'mine', windowBytes }
}

/** The whole store on a test Redis, with a list in place of the queue. */
export function openStore(server: RedisAccess, options: StoreOptions = {}): TestStore {
  const redis = server.connect(options.profile)
  const queued: number[] = []
  const base = {
    redis,
    keys: options.keys ?? [encryptionKey('test', randomBytes(32))],
    clock: options.clock ?? systemClock,
    retention: retentionOf(options.retentionMs ?? 3_600_000),
    wakeUps: createWakeUps(server.connect('subscriber')),
  }
  const enqueue = async (jobId: number) => {
    queued.push(jobId)
    await options.enqueue?.(jobId)
  }
  const { readerLeaseMs = 15_000, logLimitBytes = 64 * 1024 * 1024, segments } = options
  const segmented = segments && {
    segmentReader: createSegmentReader({ root: segments.root, mayBeElsewhere: async () => false }),
    segmentMover: createSegmentMover({
      ...base,
      ...segments,
      writableFolder: () => segments.folder,
      createId: randomUUID,
      onError: (error) => segments.onError?.(error),
    }),
  }
  return {
    ...base,
    ...segmented,
    jobs: createJobStore({ ...base, ...segmented, enqueue, readerLeaseMs }),
    connections: createConnectionStore(base),
    messages: createMessageLogReader({ ...base, ...segmented }),
    attempts: createAttemptStore({ ...base, ...segmented, logLimitBytes }),
    queued,
  }
}

/** Begins an attempt and expects it to begin. */
export async function beginAttempt(
  store: TestStore,
  identity: AttemptIdentity,
  mode: 'start' | 'rewound' = 'start',
): Promise<Attempt> {
  const attempt = await store.attempts.begin(identity, mode, 'new-epoch')
  if (typeof attempt === 'string') throw new Error(`the attempt did not begin: ${attempt}`)
  return attempt
}

/** Makes a commit and expects it to be accepted. @returns the attempt as it is afterwards */
export async function commitTo(
  store: Pick<TestStore, 'attempts'>,
  attempt: Attempt,
  commitId: string,
  commit: Commit,
): Promise<Attempt> {
  const outcome = await store.attempts.commit(attempt, commitId, commit)
  if (outcome !== 'COMMITTED') throw new Error(`the commit was refused: ${outcome}`)
  return { ...attempt, commitId, offset: attempt.offset + commit.messageCount }
}

export const tenant = 'acme'

export function syncRequest(token = 'token-of-a-test'): SyncRequest {
  return { config: { access_token: token }, catalog: { streams: [] }, states: {} }
}

/** A commit of numbered records of the stream `contacts`, with a STATE after them. */
export function commitOf(first: number, records: number, streams: StreamProgress[] = []): Commit {
  const lines = Array.from({ length: records }, (_, index) => recordLine(first + index))
  lines.push(`{"type":"STATE","upTo":${first + records - 1}}\n`)
  return {
    body: Buffer.from(lines.join('')),
    messageCount: lines.length,
    recordCount: records,
    isProgress: records > 0,
    holdsError: false,
    checkpoints: [
      { messageIndex: lines.length, streamName: 'contacts', streamState: { updated_at: first + records - 1 } },
    ],
    position: { next: first + records },
    streams,
  }
}

export function recordLine(number: number): string {
  return `${recordPrefix('contacts', 1)}{"id":"${number}","updated_at":${number}}${recordSuffix}`
}
