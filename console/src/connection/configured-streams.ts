import type { Connection, Job } from '../api/types.ts'

export interface ConfiguredStream {
  name: string
  syncMode: string
}

/** Stands for every stream that the token may read, and that costs no request per parent. */
export const everyStream = '*'

/** What that means to whoever has chosen it. */
export const everyWords = 'Every stream that the token may read; new ones come by themselves.'

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

/** The same, with what the latest sync has read in place of `*`: each sync finds out anew what that is. */
export function resolvedStreams(connection: Connection, jobs: readonly Job[]): ConfiguredStream[] {
  const configured = streamsOf(connection)
  const every = configured.find(({ name }) => name === everyStream)
  if (!every) return configured
  const named = configured.filter((stream) => stream !== every)
  const latest = jobs.find(({ jobType }) => jobType === 'sync')
  const brought = (latest?.streams ?? []).filter(({ streamName }) => named.every(({ name }) => name !== streamName))
  return [
    ...named,
    ...brought.map(({ streamName, cursor }) => ({
      name: streamName,
      // Only streams that can be read incrementally have a cursor.
      syncMode: cursor === undefined ? 'full_refresh' : every.syncMode,
    })),
  ]
}
