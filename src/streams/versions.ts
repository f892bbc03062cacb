import { type ApiVersion, defaultApiVersion, isSince } from '../airbyte/source-config.ts'
import type { StreamEntry } from './entries/stream-entry.ts'
import { streamTable } from './table.ts'

/** Intercom's API grows: a version has only the streams that came with it, or before. */

/** Whether a version of Intercom's API has a stream. */
function isServed({ since }: Pick<StreamEntry, 'since'>, version: ApiVersion = defaultApiVersion): boolean {
  return since === undefined || isSince(version, since)
}

/** The streams that a version has. */
export function streamsOfVersion(version: ApiVersion = defaultApiVersion): StreamEntry[] {
  return streamTable.filter((entry) => isServed(entry, version))
}

const CAME_WITH = ' came with version '

/** Why a stream cannot be read with a version, and what to do about it; undefined when it can, or there is none. */
export function lackOf(entry: StreamEntry | undefined, version: ApiVersion = defaultApiVersion): string | undefined {
  if (!entry || isServed(entry, version)) return undefined
  const { name, since } = entry
  return `${name}${CAME_WITH}${since} of Intercom's API, and this config reads ${version}: leave it out, or set api_version to ${since}`
}

/** Whether the detail of a service's fault says that. */
export function isLack(detail: string): boolean {
  return detail.includes(CAME_WITH)
}

/** Where a version has a stream's list. */
export function listPlaceOf(
  { path, query, before }: Pick<StreamEntry, 'path' | 'query' | 'before'>,
  version: ApiVersion,
): Pick<StreamEntry, 'path' | 'query'> {
  const place = before && !isSince(version, before.version) ? before : { path, query }
  return { path: place.path, ...(place.query && { query: place.query }) }
}
