import type { ConfiguredCatalog, ConfiguredStream, SyncMode } from '../airbyte/catalog.ts'
import type { Fault } from '../errors.ts'
import { isObject } from '../json-object.ts'
import { streamSchema } from './schemas.ts'
import { findStream, type StreamEntry, streamTable } from './table.ts'
import { nameHint, quoteName } from './unknown-streams.ts'

/** What becomes of streams that this version does not have: a fault, or they stay in the catalog. */
export type UnknownStreams = 'refuse' | 'keep'

/**
 * Reads which streams a job is to sync: from a configured catalog, a raw CATALOG (message or its `catalog` object), the
 * shorthand `streams: ["contacts", {"name": "tags", "syncMode": "full_refresh"}]`, or neither, which means all but those
 * that are read only when they are named. A raw CATALOG lists what there is, so it names none of these.
 * Incremental is what a stream gets when it can and nothing else was said.
 *
 * @param unknown `keep` is for catalogs that nobody has typed. @defaultValue refuse
 */
export function readSelection(
  body: { catalog?: unknown; streams?: unknown },
  faults: Fault[],
  unknown: UnknownStreams = 'refuse',
): ConfiguredCatalog {
  const { catalog, streams } = body
  if (catalog !== undefined && streams !== undefined) {
    faults.push({ pointer: '/streams', detail: 'cannot be given together with catalog: leave one of them out' })
    return { streams: [] }
  }
  if (streams !== undefined) return readList(streams, '/streams', readShorthand, faults, unknown)
  if (catalog !== undefined) return readCatalog(catalog, faults, unknown)
  return { streams: streamTable.filter(({ optIn }) => !optIn).map((entry) => configure(entry, everything)) }
}

/** Streams in one list. There are far fewer; a platform may name some of other versions. */
const mostStreams = 1000

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

/** What is wished of each stream when nobody names any. */
const everything: Wish = { name: undefined, namePointer: '' }

function readCatalog(catalog: unknown, faults: Fault[], unknown: UnknownStreams): ConfiguredCatalog {
  const isMessage = isObject(catalog) && catalog.type === 'CATALOG'
  const inner = isMessage ? catalog.catalog : catalog
  const pointer = isMessage ? '/catalog/catalog' : '/catalog'
  if (isObject(inner)) return readList(inner.streams, `${pointer}/streams`, readCatalogItem, faults, unknown)
  faults.push({ pointer, detail: 'must be a ConfiguredAirbyteCatalog: an object with streams' })
  return { streams: [] }
}

function readList(
  list: unknown,
  pointer: string,
  readItem: (item: unknown, pointer: string) => Wish,
  faults: Fault[],
  unknown: UnknownStreams,
): ConfiguredCatalog {
  if (!Array.isArray(list) || list.length === 0) {
    faults.push({ pointer, detail: 'must be a list of at least one stream' })
    return { streams: [] }
  }
  if (list.length > mostStreams) {
    faults.push({ pointer, detail: `lists ${list.length} streams: leave out all but ${mostStreams} at most` })
    return { streams: [] }
  }
  const chosen = new Map<string, ConfiguredStream>()
  const names = new Set<string>()
  for (const [index, item] of list.entries()) {
    const wish = readItem(item, `${pointer}/${index}`)
    const name = typeof wish.name === 'string' && wish.name !== '' ? wish.name : undefined
    const entry = name === undefined ? undefined : findStream(name)
    if (name === undefined || !(entry || unknown === 'keep')) {
      faults.push({ pointer: wish.namePointer, detail: noStream(wish.name) })
    } else if (names.has(name)) faults.push({ pointer: wish.namePointer, detail: `${name} is named twice` })
    else if (wish.syncMode !== undefined && wish.syncMode !== 'full_refresh' && wish.syncMode !== 'incremental')
      faults.push({ pointer: wish.modePointer ?? pointer, detail: 'must be full_refresh or incremental' })
    else {
      names.add(name)
      if (!entry) chosen.set(name, configureUnknown(name, wish))
      else if (!entry.optIn || !wish.isListed) chosen.set(name, configure(entry, wish))
    }
  }
  if (names.size === list.length && chosen.size === 0)
    faults.push({
      pointer,
      detail: `lists ${[...names].join(', ')} only, read when named: put them into streams, or configure the catalog`,
    })
  return { streams: [...chosen.values()] }
}

function noStream(name: unknown): string {
  if (typeof name !== 'string') return 'must be the name of a stream; discover lists what there is'
  return `${quoteName(name)} is no stream; ${nameHint(name)}`
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
function configure(entry: StreamEntry, wish: Wish): ConfiguredStream {
  const { syncMode, schema } = wish
  const sync_mode: SyncMode = entry.cursor && syncMode !== 'full_refresh' ? 'incremental' : 'full_refresh'
  return {
    stream: { name: entry.name, json_schema: isObject(schema) ? schema : streamSchema(entry.name) },
    sync_mode,
    ...(!entry.cursor && syncMode === 'incremental' && { always_whole: true }),
    ...forDestination(wish),
  }
}

/** A stream of another version, as the catalog has it. */
function configureUnknown(name: string, wish: Wish): ConfiguredStream {
  const { syncMode, schema } = wish
  return {
    stream: { name, json_schema: isObject(schema) ? schema : {} },
    sync_mode: syncMode === 'incremental' ? 'incremental' : 'full_refresh',
    ...forDestination(wish),
  }
}

function forDestination({ primaryKey, destinationSyncMode }: Wish): Partial<ConfiguredStream> {
  return {
    ...(arePaths(primaryKey) && { primary_key: primaryKey }),
    ...(typeof destinationSyncMode === 'string' && { destination_sync_mode: destinationSyncMode }),
  }
}

function arePaths(value: unknown): value is string[][] {
  const isPath = (path: unknown) => Array.isArray(path) && path.every((name) => typeof name === 'string')
  return Array.isArray(value) && value.every(isPath)
}
