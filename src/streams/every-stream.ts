import type { ConfiguredCatalog, ConfiguredStream } from '../airbyte/catalog.ts'
import type { ApiVersion } from '../airbyte/source-config.ts'
import { streamSchema } from './schemas.ts'
import type { StreamEntry } from './table.ts'
import { streamsOfVersion } from './versions.ts'

/**
 * `*` among the names of streams: the streams that are read when nobody names any, and every other one that costs no
 * request per parent. A connection keeps it as it is written, and each of its jobs reads what there is by then.
 */

/** The name that stands for all of them. */
export const EVERY_STREAM = '*'

/** Whether `*` brings a stream. */
export function isInEvery({ optIn, child, onlyByName }: StreamEntry): boolean {
  return !optIn || !(onlyByName || (child && !child.inline))
}

/** The entry of a catalog that stands for all of them. */
export function everyStream(syncMode: unknown): ConfiguredStream {
  const sync_mode = syncMode === 'full_refresh' ? 'full_refresh' : 'incremental'
  return { stream: { name: EVERY_STREAM, json_schema: {} }, sync_mode }
}

/**
 * The catalog with the streams that the version has in place of `*`. A stream that is named as well is read in the way
 * that is said of it, and must be readable.
 */
export function resolveEvery({ streams }: ConfiguredCatalog, version: ApiVersion | undefined): ConfiguredCatalog {
  const every = streams.find(({ stream }) => stream.name === EVERY_STREAM)
  if (!every) return { streams }
  const named = new Set(streams.map(({ stream }) => stream.name))
  const brought = streamsOfVersion(version)
    .filter((entry) => isInEvery(entry) && !named.has(entry.name))
    .map((entry) => broughtBy(every, entry))
  return { streams: streams.flatMap((one) => (one === every ? brought : [one])) }
}

function broughtBy({ stream: _, sync_mode, ...others }: ConfiguredStream, { name, cursor }: StreamEntry) {
  return {
    ...others,
    stream: { name, json_schema: streamSchema(name) },
    sync_mode: cursor ? sync_mode : ('full_refresh' as const),
    only_if_permitted: true as const,
  }
}
