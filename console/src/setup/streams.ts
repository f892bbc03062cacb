import { api, resultOf } from '../api/client.ts'
import type { ApiVersion, StreamList, StreamName } from '../api/types.ts'
import type { SyncMode } from './draft.ts'

/** A stream that can be chosen. */
export interface KnownStream {
  name: string
  modes: SyncMode[]
  /** Whether the service leaves it out unless it is named. */
  isOptIn: boolean
  /** The permissions that the token needs, in Intercom's words. */
  permissions: string[]
  /** The stream whose every row costs a request, if this one is read so. */
  askedFor: string | undefined
}

/**
 * All streams that can be read, in the order of their names.
 *
 * @param apiVersion of Intercom's API @defaultValue the one that a config has that names none
 */
export async function loadStreams(signal: AbortSignal, apiVersion?: ApiVersion): Promise<KnownStream[]> {
  const query = apiVersion === undefined ? {} : { apiVersion }
  const { data } = await resultOf(api.GET('/v1/streams', { params: { query }, signal }))
  return data.map(({ name, syncModes, optIn, permissions, parentStream, requestPerParent }) => ({
    name,
    modes: syncModes,
    isOptIn: optIn,
    permissions,
    askedFor: requestPerParent ? parentStream : undefined,
  }))
}

/** What people look for in a stream, and find in another one. */
const contents: Record<string, string> = {
  conversations: 'Without the messages in them: those are conversation_parts.',
  tickets: 'Without what was said about them: that is ticket_parts.',
}

/** What is worth knowing about a stream before it is chosen. @param among the streams that can be chosen */
export function hintOf({ name, askedFor }: KnownStream, among: readonly KnownStream[]): string | undefined {
  if (askedFor !== undefined) return `Up to one request for each row of ${askedFor}.`
  const hint = contents[name]
  return among.some((other) => hint?.includes(` ${other.name}.`)) ? hint : undefined
}

/** What is read unless somebody chooses otherwise. @param refused streams that the token may not read */
export function usualChoice(streams: readonly KnownStream[], refused: ReadonlySet<string>): Record<string, SyncMode> {
  const usual = streams.filter(({ name, isOptIn }) => !isOptIn && !refused.has(name))
  return Object.fromEntries(usual.map(({ name, modes }) => [name, usualMode(modes)]))
}

/** What this service can read of a choice, perhaps made when it was of another version. */
export function choiceAmong(
  streams: readonly KnownStream[],
  chosen: Record<string, SyncMode>,
): Record<string, SyncMode> {
  const pairs = streams.flatMap(({ name, modes }): [string, SyncMode][] => {
    const mode = Object.hasOwn(chosen, name) ? chosen[name] : undefined
    if (mode === undefined) return []
    return [[name, modes.includes(mode) ? mode : usualMode(modes)]]
  })
  return Object.fromEntries(pairs)
}

/** Only what has changed, where that can be told. */
export function usualMode(modes: readonly SyncMode[]): SyncMode {
  return modes.includes('incremental') ? 'incremental' : 'full_refresh'
}

/** As the service takes it. The service judges the names, which it has told itself. */
export function streamList(chosen: Record<string, SyncMode>): StreamList {
  return Object.entries(chosen).map(([name, syncMode]) => ({ name: name as StreamName, syncMode }))
}
