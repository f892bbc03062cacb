import type { ConfiguredCatalog, ConfiguredStream, SyncMode } from '../airbyte/catalog.ts'
import type { Fault } from '../errors.ts'
import { isObject } from '../json-object.ts'
import { streamSchema } from './schemas.ts'
import { findStream, type StreamEntry, streamTable } from './table.ts'

/**
 * Reads which streams a job is to sync: from a configured catalog, a raw CATALOG (message or its `catalog` object), the
 * shorthand `streams: ["contacts", {"name": "tags", "syncMode": "full_refresh"}]`, or neither, which means all but those
 * that are read only when they are named. A raw CATALOG lists what there is, so it names none of these. Incremental is what a stream gets when it can and nothing else was said.
 */
export function readSelection(body: { catalog?: unknown; streams?: unknown }, faults: Fault[]): ConfiguredCatalog {
  const { catalog, streams } = body
  if (catalog !== undefined && streams !== undefined) {
    faults.push({ pointer: '/streams', detail: 'cannot be given together with catalog: leave one of them out' })
    return { streams: [] }
  }
  if (streams !== undefined) return readList(streams, '/streams', readShorthand, faults)
  if (catalog !== undefined) return readCatalog(catalog, faults)
  return { streams: streamTable.filter(({ optIn }) => !optIn).map((entry) => configure(entry, {})) }
}

interface Wish {
  name: unknown
  namePointer: string
  /** A raw CATALOG lists the stream: nobody has asked for it by its name. */
  isListed?: true
  syncMode?: unknown
  modePointer?: string
  schema?: unknown
  primaryKey?: unknown
  destinationSyncMode?: unknown
}

function readCatalog(catalog: unknown, faults: Fault[]): ConfiguredCatalog {
  const isMessage = isObject(catalog) && catalog.type === 'CATALOG'
  const inner = isMessage ? catalog.catalog : catalog
  const pointer = isMessage ? '/catalog/catalog' : '/catalog'
  if (isObject(inner)) return readList(inner.streams, `${pointer}/streams`, readCatalogItem, faults)
  faults.push({ pointer, detail: 'must be a ConfiguredAirbyteCatalog: an object with streams' })
  return { streams: [] }
}

function readList(
  list: unknown,
  pointer: string,
  readItem: (item: unknown, pointer: string) => Wish,
  faults: Fault[],
): ConfiguredCatalog {
  if (!Array.isArray(list) || list.length === 0) {
    faults.push({ pointer, detail: 'must be a list of at least one stream' })
    return { streams: [] }
  }
  const chosen = new Map<string, ConfiguredStream>()
  const names = new Set<string>()
  for (const [index, item] of list.entries()) {
    const wish = readItem(item, `${pointer}/${index}`)
    const entry = typeof wish.name === 'string' ? findStream(wish.name) : undefined
    if (!entry) {
      const known = streamTable.map(({ name }) => name).join(', ')
      faults.push({
        pointer: wish.namePointer,
        detail: `${JSON.stringify(wish.name) ?? 'nothing'} is no stream; there are ${known}`,
      })
    } else if (names.has(entry.name)) faults.push({ pointer: wish.namePointer, detail: `${entry.name} is named twice` })
    else if (wish.syncMode !== undefined && wish.syncMode !== 'full_refresh' && wish.syncMode !== 'incremental')
      faults.push({ pointer: wish.modePointer ?? pointer, detail: 'must be full_refresh or incremental' })
    else {
      names.add(entry.name)
      if (!entry.optIn || !wish.isListed) chosen.set(entry.name, configure(entry, wish))
    }
  }
  if (names.size === list.length && chosen.size === 0)
    faults.push({
      pointer,
      detail: `lists ${[...names].join(', ')} only, read when named: put them into streams, or configure the catalog`,
    })
  return { streams: [...chosen.values()] }
}

function readCatalogItem(item: unknown, pointer: string): Wish {
  if (!isObject(item)) return { name: item, namePointer: pointer }
  if (!isObject(item.stream)) {
    return { name: item.name, namePointer: `${pointer}/name`, schema: item.json_schema, isListed: true }
  }
  return {
    name: item.stream.name,
    namePointer: `${pointer}/stream/name`,
    schema: item.stream.json_schema,
    // A stored catalog says so of a stream that incremental was asked of in vain.
    syncMode:
      item.always_whole === true && item.sync_mode === 'full_refresh' ? 'incremental' : (item.sync_mode ?? null),
    modePointer: `${pointer}/sync_mode`,
    primaryKey: item.primary_key,
    destinationSyncMode: item.destination_sync_mode,
  }
}

function readShorthand(item: unknown, pointer: string): Wish {
  if (!isObject(item)) return { name: item, namePointer: pointer }
  return {
    name: item.name,
    namePointer: `${pointer}/name`,
    syncMode: item.syncMode,
    modePointer: `${pointer}/syncMode`,
  }
}

/** Incremental asked of a stream that has no cursor is read as full refresh: PyAirbyte asks it of every stream. */
function configure(
  entry: StreamEntry,
  { syncMode, schema, primaryKey, destinationSyncMode }: Omit<Wish, 'name' | 'namePointer'>,
): ConfiguredStream {
  const sync_mode: SyncMode = entry.cursor && syncMode !== 'full_refresh' ? 'incremental' : 'full_refresh'
  return {
    stream: { name: entry.name, json_schema: isObject(schema) ? schema : streamSchema(entry.name) },
    sync_mode,
    ...(!entry.cursor && syncMode === 'incremental' && { always_whole: true }),
    ...(arePaths(primaryKey) && { primary_key: primaryKey }),
    ...(typeof destinationSyncMode === 'string' && { destination_sync_mode: destinationSyncMode }),
  }
}

function arePaths(value: unknown): value is string[][] {
  const isPath = (path: unknown) => Array.isArray(path) && path.every((name) => typeof name === 'string')
  return Array.isArray(value) && value.every(isPath)
}
