import { useEffect, useState } from 'preact/hooks'
import { api, resultOf } from '../api/client.ts'
import type { Estimate } from '../api/types.ts'
import { type Action, useAction } from '../api/use-action.ts'
import type { Access, SyncMode } from './draft.ts'
import { streamList } from './streams.ts'

export type StreamEstimate = Estimate['streams'][number]

/** What a sync would read and ask, as far as it has been asked for. */
export interface Estimating {
  action: Action<[]>
  /** By stream. Streams that were chosen since have none. */
  streams: ReadonlyMap<string, StreamEstimate>
  total: Estimate['total'] | undefined
}

/**
 * Estimates the chosen streams once, and again when somebody asks: each stream costs a few requests.
 *
 * @param isReady whether the choice is there
 */
export function useEstimate(access: Access, chosen: Record<string, SyncMode>, isReady: boolean): Estimating {
  const [estimate, setEstimate] = useState<Estimate>()
  const action = useAction(async () => {
    setEstimate(await resultOf(api.POST('/v1/estimate', { body: { ...access, streams: streamList(chosen) } })))
  })
  useEffect(() => {
    if (isReady) void action.run()
  }, [isReady])
  const streams = new Map(estimate?.streams.map((stream) => [stream.streamName, stream]))
  const isOfChosen =
    streams.size === Object.keys(chosen).length && Object.keys(chosen).every((name) => streams.has(name))
  return { action, streams, total: isOfChosen ? estimate?.total : undefined }
}
