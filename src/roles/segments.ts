import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { reportOf } from '../error-report.ts'
import type { Phase } from '../process/lifecycle.ts'
import { createFolderQuota } from '../store/segments/folder/folder-quota.ts'
import { type FolderSharing, joinSegmentFolder } from '../store/segments/folder/segment-folder.ts'
import { keepSwept } from '../store/segments/folder/segment-sweeper.ts'
import { createSegmentMover, type SegmentMover } from '../store/segments/segment-mover.ts'
import { createSegmentReader, type SegmentReader } from '../store/segments/segment-reading.ts'
import { segmentRootOf } from '../store/segments/segment-writing.ts'
import { createDiskRoom } from '../store/space/disk-room.ts'
import { keepSpace } from '../store/space/space-keeper.ts'
import type { RoleDependencies } from './service.ts'

/** The part of the logs that is in files. */
interface Segments {
  segmentReader: SegmentReader
  segmentMover: SegmentMover
  phase: Phase
}

/** @param writes whether this process runs jobs */
export async function startSegments(
  { config, clients, clock, logger, metrics }: Omit<RoleDependencies, 'segments'>,
  writes: boolean,
): Promise<Segments> {
  const redis = clients.connect('waitForever')
  const root = segmentRootOf(config.dataDir)
  const onError = (problem: unknown) => logger.warn({ error: reportOf(problem) }, 'segments in DATA_DIR')
  const base = { redis, clock, root, createId: randomUUID, onError }
  const folder = await joinSegmentFolder({
    ...base,
    writes,
    onSharing(sharing, problem) {
      metrics.set('intercom_sync_segments_shared', [{}, sharing === 'shared' ? 1 : 0])
      tellSharing(logger, config, sharing, problem)
    },
  })
  const closing = new AbortController()
  const segmentMover = createSegmentMover({
    ...base,
    writableFolder: folder.writableFolder,
    quota: createFolderQuota({ clock, root, ownFolder: folder.ownFolder, mostBytes: config.dataDirBytes }),
    freeDisk: createDiskRoom({ redis, root, ownFolder: folder.ownFolder }),
    windowBytes: Math.min(config.logWindowBytes, config.logLimitBytes),
    onMoved: (bytes) => metrics.add('intercom_sync_segment_bytes_total', {}, bytes),
  })
  const keeping = [keepSwept({ ...base, ownFolder: folder.ownFolder }, closing.signal)]
  const space = {
    redis,
    clock,
    totalBytes: config.logTotalBytes,
    isTotalSet: config.isLogTotalSet,
    mover: segmentMover,
    onError,
  }
  if (writes) keeping.push(keepSpace(space, closing.signal))
  return {
    segmentReader: createSegmentReader({ root, mayBeElsewhere: folder.mayBeElsewhere }),
    segmentMover,
    phase: {
      name: 'leave the segments',
      timeoutMs: 2000,
      async run() {
        closing.abort()
        await Promise.all([...keeping, folder.leave()])
      },
    },
  }
}

function tellSharing(
  logger: Logger,
  { dataDir, logLimitBytes }: RoleDependencies['config'],
  sharing: FolderSharing,
  problem: unknown,
): void {
  const stays = `the messages of a job stay in Redis, up to LOG_LIMIT_BYTES (${logLimitBytes})`
  if (sharing === 'shared') logger.info(`long logs continue in ${segmentRootOf(dataDir)}`)
  if (sharing === 'others-apart')
    logger.warn(`not every process has this DATA_DIR (${dataDir}): ${stays}, until all of them share one`)
  if (sharing === 'apart')
    logger.warn(`DATA_DIR ${dataDir} is not the one of the other processes: ${stays}, until all of them share one`)
  if (sharing === 'unwritable')
    logger.warn({ error: reportOf(problem) }, `DATA_DIR ${dataDir} cannot be written: ${stays}, until it can`)
}
