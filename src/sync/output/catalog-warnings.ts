import type { ConfiguredCatalog, ConfiguredStream } from '../../airbyte/catalog.ts'
import { unknownConfigMembers } from '../../airbyte/source-config.ts'
import { findStream, type StreamEntry } from '../../streams/table.ts'
import { unknownStreamWarnings } from '../../streams/unknown-streams.ts'
import type { SyncRequest } from '../contract/sync-request.ts'

/** Warnings, for the owner of the connection, about what a request asks for. */
export function requestWarnings({ config, catalog, states }: SyncRequest): string[] {
  const unknown = unknownConfigMembers(config)
  return [
    ...(unknown.length > 0 ? [`config members without a meaning here are ignored: ${unknown.join(', ')}`] : []),
    ...unknownStreamWarnings(catalog, states),
    ...catalogWarnings(catalog),
  ]
}

/** Mistakes that a destination would make with this catalog's records. */
function catalogWarnings({ streams }: ConfiguredCatalog): string[] {
  return streams.flatMap((configured) => {
    const entry = findStream(configured.stream.name)
    return entry ? [weakKey(entry, configured), repeatedChildren(entry, configured)].flatMap((text) => text ?? []) : []
  })
}

/** If a key lacks a part of ours, the destination merges several records into one row. */
function weakKey({ name, primaryKey }: StreamEntry, { primary_key = [] }: ConfiguredStream): string | undefined {
  const given = primary_key.map((path) => path.join('.'))
  const own = primaryKey.map((path) => path.join('.'))
  if (given.length === 0 || own.every((path) => given.includes(path))) return undefined
  return `${name}: the primary key ${given.join(', ')} does not tell all records apart: use ${own.join(', ')}`
}

/** When a parent moves, all that belongs to it comes again. A destination that appends it keeps another copy of each. */
function repeatedChildren(
  { name, child, derived }: StreamEntry,
  { sync_mode, destination_sync_mode }: ConfiguredStream,
): string | undefined {
  const parent = child?.parent ?? derived?.from.join(' and ')
  if (parent === undefined || sync_mode !== 'incremental' || destination_sync_mode !== 'append') return undefined
  return (
    `${name}: everything that belongs to one of ${parent} is delivered again whenever that changes: ` +
    'the destination sync mode append keeps every copy; use append_dedup'
  )
}
