import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Metrics } from '../metrics.ts'
import type { RedisClients } from '../redis/redis.ts'
import type { Config } from '../settings/config.ts'
import type { EndObserver } from '../store/attempts/job-end.ts'
import type { EncryptionKey } from '../store/secrets/sealing.ts'
import type { SegmentMover } from '../store/segments/segment-mover.ts'
import type { SegmentReader } from '../store/segments/segment-reading.ts'

/** Everything that every role needs. */
export interface RoleDependencies {
  config: Config
  keys: readonly EncryptionKey[]
  clients: RedisClients
  clock: Clock
  logger: Logger
  metrics: Metrics
  /** Describes in words which Redis is used. */
  storage: string
  /** Whether the Redis is the process's own, so that `DATA_DIR/service.json` is, too. */
  ownsDataDir: boolean
  onJobEnded: EndObserver
  /** Tries the Redis again as the start has; only one that the operator provides. @throws RedisRefusal */
  inspectAgain: (() => Promise<void>) | undefined
  /** The part of the logs that is in files. */
  segments: { segmentReader: SegmentReader; segmentMover: SegmentMover }
}
