import { useEffect, useRef, useState } from 'preact/hooks'
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
  /** Those of the chosen streams that can be read. */
  parts: readonly StreamEstimate[]
  /** Undefined as long as a chosen stream has no estimate. */
  total: Estimate['total'] | undefined
}

/** Clicks in a row are waited for, ms: each stream costs a few requests. */
const settleMs = 1200

/**
 * Estimates the chosen streams, and again when one is chosen that the last estimate has not, or when somebody asks.
 *
 * @param isReady whether the choice is there
 */
export function useEstimate(access: Access, chosen: Record<string, SyncMode>, isReady: boolean): Estimating {
  const [known, setKnown] = useState<{ asked: Record<string, SyncMode>; estimate: Estimate }>()
  const lastAsked = useRef<string | undefined>(undefined)
  const action = useAction(async () => {
    lastAsked.current = JSON.stringify(chosen)
    const body = { ...access, streams: streamList(chosen) }
    setKnown({ asked: chosen, estimate: await resultOf(api.POST('/v1/estimate', { body })) })
  })
  const pairs = Object.entries(chosen)
  const isCovered = known !== undefined && pairs.every(([name, mode]) => known.asked[name] === mode)
  const choice = JSON.stringify(chosen)
  const { isRunning } = action
  useEffect(() => {
    // What has failed is not asked for again by itself.
    if (!isReady || isRunning || isCovered || pairs.length === 0 || lastAsked.current === choice) return undefined
    const timer = setTimeout(() => void action.run(), lastAsked.current === undefined ? 0 : settleMs)
    return () => clearTimeout(timer)
  }, [isReady, isRunning, isCovered, choice])
  const streams = new Map(known?.estimate.streams.map((stream) => [stream.streamName, stream]))
  const isWhole = isCovered && pairs.length === Object.keys(known.asked).length
  const parts = pairs.flatMap(([name]) => streams.get(name) ?? []).filter(({ problem }) => problem === undefined)
  const total = !isCovered ? undefined : isWhole ? known.estimate.total : sumOf(parts)
  return { action, streams, parts, total }
}

/** Of some of the streams of an estimate. Streams share requests, so that the sum of a part is about right only. */
function sumOf(streams: readonly StreamEstimate[]): Estimate['total'] {
  const sum = (member: 'rows' | 'requests' | 'minutes') =>
    streams.reduce((total, stream) => total + (stream[member] ?? 0), 0)
  const areCounted = streams.every(({ rowsBasis }) => rowsBasis === 'counted')
  return {
    ...(streams.every(({ rows }) => rows !== undefined) && { rows: sum('rows') }),
    rowsBasis: areCounted ? 'counted' : 'guessed',
    requests: sum('requests'),
    requestsBasis: 'guessed',
    minutes: sum('minutes'),
  }
}
