import type { ConfiguredCatalog } from '../airbyte/catalog.ts'
import type { StreamStates } from '../airbyte/state/stream-states.ts'
import { nearestName } from '../command-line/nearest-name.ts'
import { CodedError } from '../errors.ts'
import { findStream, streamTable } from './table.ts'

/** Streams that a catalog or a state names, and this version does not have: it is older or newer than the one that did. */

/** Names in one message, and the letters of each: a caller may have sent any. */
const MOST_NAMED = 20
const LONGEST_NAME = 100
/** No stream has a name as long. Comparing takes as many steps as both names have letters, multiplied. */
const LONGEST_GUESSED = 40

export const whereStreamsAre = 'discover lists what there is'

const streamNames = streamTable.map(({ name }) => name)

/** Warnings about what a request says of streams that this version does not have. */
export function unknownStreamWarnings({ streams }: ConfiguredCatalog, states: StreamStates): string[] {
  const inCatalog = streams.map(({ stream }) => stream.name).filter(isUnknown)
  const inStates = Object.keys(states).filter((name) => isUnknown(name) && !inCatalog.includes(name))
  return [
    ...(inCatalog.length > 0 ? [unknownInCatalog(inCatalog)] : []),
    ...(inStates.length > 0 ? [`states of what is no stream here are passed over: ${nameUnknown(inStates)}`] : []),
  ]
}

/** The warning that a sync begins with when its catalog names such streams. */
export function unknownInCatalog(names: readonly string[]): string {
  return `the catalog names what is no stream here: ${nameUnknown(names)}. The others are read; the sync fails at its end`
}

/**
 * Why a stream of the catalog that is not here ends INCOMPLETE.
 *
 * @param reader what does not have it. @defaultValue this version
 */
export function unknownStreamError(streamName: string, reader = 'this version of intercom-sync'): CodedError {
  const message =
    `${quoteName(streamName)} is no stream of ${reader}. ` +
    'Leave it out of the catalog (in Airbyte: refresh the schema and deselect it), or use a version that has it.'
  return new CodedError('unknown_stream', message, { streamName })
}

/** Whether a name is that of no stream. */
export function isUnknown(streamName: string): boolean {
  return findStream(streamName) === undefined
}

/** What to do about a name that is no stream: the one that was most likely meant, or where all of them are listed. */
export function nameHint(name: string): string {
  const nearest = name.length > LONGEST_GUESSED ? undefined : nearestName(name, streamNames)
  return nearest === undefined ? whereStreamsAre : `did you mean ${nearest}?`
}

/** Names that anybody may have sent, for people. */
export function nameUnknown(names: readonly string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
  return `${names.slice(0, MOST_NAMED).map(quoteName).join(', ')}${more}`
}

/** A name that anybody may have sent, for people. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name)
}
