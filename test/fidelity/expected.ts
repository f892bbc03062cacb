import { findRowsInside } from '../../simulator/records/rows-inside.ts'
import type { Scenario } from '../../simulator/scenario/scenario.ts'
import { belowNames } from '../../simulator/truth/below-truth.ts'
import { rootOf, streamTable } from '../../src/streams/table.ts'
import type { World } from '../support/moving-world.ts'
import type { Wish } from './draw-selection.ts'
import type { Job } from './run-job.ts'

const searched = new Set(streamTable.filter((entry) => rootOf(entry).search).map(({ name }) => name))

/** What is synced. */
interface Syncs {
  world: World
  result: { scenario: Scenario }
  streams: readonly Wish[]
}

/**
 * What there is in the streams that every workspace has, and in those made of their records that this run reads.
 *
 * @param unreadLists contacts that the sync has told to have lists which it could not read
 */
export function truthOf(
  { world, result, streams }: Syncs,
  unreadLists: ReadonlySet<string> = new Set(),
): ReturnType<World['simulator']['workspace']['truth']> {
  const { workspace } = world.simulator
  const derived = streams.map(({ name }) => name).filter((name) => findRowsInside(name) || belowNames.includes(name))
  const names = [...workspace.streamNames, ...derived]
  return workspace.truth({ version: result.scenario.version, streams: names, unreadLists })
}

/**
 * By stream, ms: everything that the search showed at this time is due now. If the search shows changes late, this is
 * the start of the sync. Older changes that it shows afterwards belong to the next sync, which reads them again.
 * Tickets that stay behind their parts also change under an old time.
 */
export function dueTimes({ result }: Pick<Syncs, 'result'>, { state }: Job, startedAt: number): Record<string, number> {
  const { indexLagsMs = {}, ticketsBehindTheirParts = 0 } = result.scenario.options
  const isLate = (stream: string) =>
    Object.hasOwn(indexLagsMs, stream) || (stream === 'tickets' && ticketsBehindTheirParts > 0)
  const readTo = new Map(
    (state as StreamState[]).map((one) => [nameOf(one), one.stream.stream_state.intercom_sync?.read_to]),
  )
  return Object.fromEntries(
    streamTable.map((entry) => {
      const { name } = entry
      const isPrompt = searched.has(name) && !isLate(rootOf(entry).name)
      return [name, isPrompt ? Math.max(startedAt, (readTo.get(name) ?? 0) * 1000) : startedAt]
    }),
  )
}

/** A STATE message, as far as the run looks into it. */
export interface StreamState {
  stream: { stream_descriptor: { name: string }; stream_state: { intercom_sync?: { plan?: string; read_to?: number } } }
}

export const nameOf = ({ stream }: StreamState): string => stream.stream_descriptor.name
