import { api, resultOf } from '../api/client.ts'
import type { StreamList, StreamName } from '../api/types.ts'
import type { SyncMode } from './draft.ts'

/** A stream that can be chosen. */
export interface KnownStream {
  name: string
  modes: SyncMode[]
  /** Whether the service leaves it out unless it is named: it needs a permission that few tokens have. */
  isOptIn: boolean
}

const optIn = new Set(['articles'])

/** All streams that this service can read. */
export async function loadStreams(signal: AbortSignal): Promise<KnownStream[]> {
  const { catalog } = await resultOf(api.POST('/v1/discover', { signal, body: {} }))
  const { streams } = catalog as { streams?: { name: string; supported_sync_modes?: string[] }[] }
  return (streams ?? []).map(({ name, supported_sync_modes: modes = ['full_refresh'] }) => ({
    name,
    modes: modes.filter((mode): mode is SyncMode => mode === 'incremental' || mode === 'full_refresh'),
    isOptIn: optIn.has(name),
  }))
}

/** What is read unless somebody chooses otherwise. @param refused streams that the token may not read */
export function usualChoice(streams: readonly KnownStream[], refused: ReadonlySet<string>): Record<string, SyncMode> {
  const usual = streams.filter(({ name, isOptIn }) => !isOptIn && !refused.has(name))
  return Object.fromEntries(usual.map(({ name, modes }) => [name, usualMode(modes)]))
}

/** Only what has changed, where that can be told. */
export function usualMode(modes: readonly SyncMode[]): SyncMode {
  return modes.includes('incremental') ? 'incremental' : 'full_refresh'
}

/** As a connection takes it. The service judges the names, which it has told itself. */
export function streamList(chosen: Record<string, SyncMode>): StreamList {
  return Object.entries(chosen).map(([name, syncMode]) => ({ name: name as StreamName, syncMode }))
}
