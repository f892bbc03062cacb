import type { ConfiguredCatalog, ConfiguredStream, SyncMode } from '../airbyte/catalog.ts'
import type { ApiVersion } from '../airbyte/source-config.ts'
import { type Fault, mostFaults } from '../errors.ts'
import { isObject } from '../json-object.ts'
import { EVERY_STREAM, everyStream } from './every-stream.ts'
import { streamSchema } from './schemas.ts'
import { findStream, type StreamEntry, streamTable } from './table.ts'
import { nameHint, quoteName, whereStreamsAre } from './unknown-streams.ts'
import { lackOf } from './versions.ts'

/** What becomes of streams that this version does not have: a fault, or they stay in the catalog. */
export type UnknownStreams = 'refuse' | 'keep'

/** How a selection is read. */
interface SelectionOptions {
  /** `keep` is for catalogs that nobody has typed. @defaultValue refuse */
  unknown?: UnknownStreams | undefined
  /** A stream that this version of Intercom's API lacks is a fault. @defaultValue any will do */
  version?: ApiVersion | undefined
}

/**
 * Reads which streams a job is to sync: from a configured catalog, a raw CATALOG (message or its `catalog` object), the
 * shorthand `streams: ["contacts", {"name": "tags", "syncMode": "full_refresh"}]`, or neither, which means all but those
 * that are read only when they are named. A raw CATALOG lists what there is, so it names none of these.
 * Incremental is what a stream gets when it can and nothing else was said. `*` stays as it is written: see
 * `resolveEvery`.
 */
export function readSelection(
  body: { catalog?: unknown; streams?: unknown },
  faults: Fault[],
  options: SelectionOptions = {},
): ConfiguredCatalog {
  const { catalog, streams } = body
  if (catalog !== undefined && streams !== undefined) {
    faults.push({ pointer: '/streams', detail: 'cannot be given together with catalog: leave one of them out' })
    return { streams: [] }
  }
  if (streams !== undefined) return readList(streams, '/streams', readShorthand, faults, options)
  if (catalog !== undefined) return readCatalog(catalog, faults, options)
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
  /** `*` has brought it. */
  isIfPermitted?: boolean
  schema?: unknown
  primaryKey?: unknown
  destinationSyncMode?: unknown
}

/** What is wished of each stream when nobody names any. */
const everything: Wish = { name: undefined, namePointer: '' }

function readCatalog(catalog: unknown, faults: Fault[], options: SelectionOptions): ConfiguredCatalog {
  const isMessage = isObject(catalog) && catalog.type === 'CATALOG'
  const inner = isMessage ? catalog.catalog : catalog
  const pointer = isMessage ? '/catalog/catalog' : '/catalog'
  if (isObject(inner)) return readList(inner.streams, `${pointer}/streams`, readCatalogItem, faults, options)
  faults.push({ pointer, detail: 'must be a ConfiguredAirbyteCatalog: an object with streams' })
  return { streams: [] }
}

function readList(
  list: unknown,
  pointer: string,
  readItem: (item: unknown, pointer: string) => Wish,
  faults: Fault[],
  { unknown = 'refuse', version }: SelectionOptions,
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
    const isEvery = name === EVERY_STREAM && !wish.isListed
    const lack = version && !(entry && isPassedOver(entry, wish)) ? lackOf(entry, version) : undefined
    if (name === undefined || !(entry || isEvery || unknown === 'keep')) {
      faults.push({ pointer: wish.namePointer, detail: noStream(wish.name, faults.length) })
    } else if (lack !== undefined) faults.push({ pointer: wish.namePointer, detail: lack })
    else if (names.has(name)) faults.push({ pointer: wish.namePointer, detail: `${name} is named twice` })
    else if (wish.syncMode !== undefined && wish.syncMode !== 'full_refresh' && wish.syncMode !== 'incremental')
      faults.push({ pointer: wish.modePointer ?? pointer, detail: 'must be full_refresh or incremental' })
    else {
      names.add(name)
      if (isEvery) chosen.set(name, { ...everyStream(wish.syncMode), ...forDestination(wish) })
      else if (!entry) chosen.set(name, configureUnknown(name, wish))
      else if (!isPassedOver(entry, wish)) chosen.set(name, configure(entry, wish))
    }
  }
  if (names.size === list.length && chosen.size === 0)
    faults.push({
      pointer,
      detail: `lists ${[...names].join(', ')} only, read when named: put them into streams, or configure the catalog`,
    })
  return { streams: [...chosen.values()] }
}

/** A raw CATALOG lists streams that are read only when they are named. */
function isPassedOver({ optIn }: StreamEntry, { isListed }: Wish): boolean {
  return optIn === true && isListed === true
}

/** @param before faults before this one: of those that are not told any more nobody sees which name was meant */
function noStream(name: unknown, before: number): string {
  if (name === undefined) return `nothing is no stream; ${whereStreamsAre}`
  if (typeof name !== 'string') return `must be the name of a stream; ${whereStreamsAre}`
  return `${quoteName(name)} is no stream; ${before < mostFaults ? nameHint(name) : whereStreamsAre}`
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
    isIfPermitted: item.only_if_permitted === true,
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
    ...(wish.isIfPermitted && { only_if_permitted: true }),
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
