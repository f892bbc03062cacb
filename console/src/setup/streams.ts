import { findStream } from '../../../src/streams/table.ts'
import { api, resultOf } from '../api/client.ts'
import type { StreamList, StreamName } from '../api/types.ts'
import type { SyncMode } from './draft.ts'

/** A stream that can be chosen. */
export interface KnownStream {
  name: string
  modes: SyncMode[]
  /** Whether the service leaves it out unless it is named. */
  isOptIn: boolean
  /** The permission that the token needs, in Intercom's words. */
  permission: string | undefined
}

/** All streams that this service can read, in the order of their names. */
export async function loadStreams(signal: AbortSignal): Promise<KnownStream[]> {
  const { catalog } = await resultOf(api.POST('/v1/discover', { signal, body: {} }))
  const { streams } = catalog as { streams?: { name: string; supported_sync_modes?: string[] }[] }
  const known = (streams ?? []).map(({ name, supported_sync_modes: modes = ['full_refresh'] }): KnownStream => {
    const entry = findStream(name)
    return {
      name,
      modes: modes.filter((mode): mode is SyncMode => mode === 'incremental' || mode === 'full_refresh'),
      isOptIn: entry?.optIn === true,
      permission: entry?.scope,
    }
  })
  return known.toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

/** What people look for in a stream, and find in another one. */
const contents: Record<string, string> = {
  conversations: 'Without the messages in them: those are conversation_parts.',
  tickets: 'Without what was said about them: that is ticket_parts.',
}

/** What is worth knowing about a stream before it is chosen. @param among the streams that can be chosen */
export function hintOf(name: string, among: readonly KnownStream[]): string | undefined {
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
