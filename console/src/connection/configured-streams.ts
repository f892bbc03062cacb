import type { Connection } from '../api/types.ts'

export interface ConfiguredStream {
  name: string
  syncMode: string
}

/** The streams of a connection, from the short answer or from the whole one. */
export function streamsOf({ streams, catalog }: Connection): ConfiguredStream[] {
  if (streams) return streams
  const configured =
    (catalog as { streams?: { stream?: { name?: string }; sync_mode?: string }[] } | undefined)?.streams ?? []
  return configured.map(({ stream, sync_mode }) => ({
    name: stream?.name ?? '',
    syncMode: sync_mode ?? 'full_refresh',
  }))
}
