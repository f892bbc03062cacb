import type { Clock } from '../../clock.ts'
import type { IntercomClient } from '../../intercom/client.ts'
import { withConfirmedPermissions } from '../../intercom/endpoints/confirmed.ts'
import { readWorkspace, type Workspace } from '../../intercom/endpoints/workspace.ts'
import { connectionOfOtherWorkspace, stateOfOtherWorkspace } from '../../streams/other-workspace.ts'
import { findStream, sourceOf } from '../../streams/table.ts'
import type { SyncRequest } from '../contract/sync-request.ts'
import type { SelectedStream, Walk, WalkPorts } from '../contract/walk.ts'
import type { Fingerprints } from '../delivered/fingerprints.ts'
import { type LogPiece, replayLog } from '../delivered/replay.ts'
import { hasFinished, type StreamRun } from '../output/stream-run.ts'
import type { GrowingLists } from '../state/growing-lists.ts'
import type { SyncPosition } from '../state/position-schema.ts'
import { workspaceOf } from '../state/workspace.ts'
import { createWalks } from './create-walks.ts'

/** The input for opening walks. */
export interface WalksInput extends SyncRequest {
  client: IntercomClient
  clock: Clock
  ports: Omit<WalkPorts, 'clock' | 'signal'>
  /** The contents of the job's log, read when another attempt continues. @defaultValue nothing */
  replay?: () => AsyncIterable<LogPiece>
  /** Aborts on cancellation, on a lost lock and on shutdown. */
  signal: AbortSignal
}

/** What an attempt has from its job when its walks are opened. */
interface OpenJob {
  runs: ReadonlyMap<string, StreamRun>
  fingerprints: Fingerprints
  growing: GrowingLists
}

/**
 * The walks of the streams that have not ended yet, each from where the last durable commit left it. Nothing of them may
 * be delivered before it is clear whose workspace they read.
 *
 * @param before the contents of that commit's position; undefined on a first attempt
 * @returns `workspace` rejects with CodedError `token_invalid`, `workspace_changed`
 */
export async function openWalks(
  input: WalksInput,
  { runs, fingerprints, growing }: OpenJob,
  before: Pick<SyncPosition, 'walks'> | undefined,
): Promise<{ walks: Walk[]; workspace: Promise<Workspace> }> {
  const { config, client, states, clock, signal, until = Number.POSITIVE_INFINITY } = input
  const workspace = readWorkspace(client, config.api_version).then((found) => refuseOtherWorkspace(found, input))
  // Whoever waits for it is told; until then it must not count as unhandled.
  workspace.catch(() => undefined)
  // A first sync reads up to now, and later answers correct what that is. Whether a cursor lies in the future is decided
  // once, and needs Intercom's clock. Nothing at all is read of another workspace than the one that is known.
  const isFirst = before === undefined && Object.keys(states).length === 0 && input.workspaceId === undefined
  if (!isFirst || !client.knowsTime()) await workspace
  const streams = input.catalog.streams.flatMap((configured): SelectedStream[] => {
    const { name } = configured.stream
    const run = runs.get(name)
    const entry = findStream(name)
    return entry && run && !hasFinished(run) ? [{ entry, configured, state: states[name] }] : []
  })
  const namesOf = (traits: readonly ('child' | 'filtered' | 'periods' | 'search')[]) =>
    new Set(streams.flatMap(({ entry }) => (traits.some((trait) => sourceOf(entry)[trait]) ? entry.name : [])))
  const replay = async (names: ReadonlySet<string>) => {
    if (before && input.replay && names.size > 0) await replayLog(input.replay(), names, fingerprints)
  }
  await replay(namesOf(['child', 'filtered', 'periods']))
  const replayVersions = once(() => replay(namesOf(['search'])))
  const ports = { ...input.ports, clock, signal }
  const reader = withConfirmedPermissions(client, { clock, signal })
  const context = { config, client: reader, workspace, fingerprints, replayVersions, growing, until, ports }
  const walks = createWalks(streams, context, (name) => before?.walks[name])
  // A walk without a position has delivered nothing itself, but an earlier version may have read its stream in another
  // stream's walk.
  if (walks.some((walk) => walk.position() === undefined)) await replayVersions()
  return { walks, workspace }
}

/**
 * Refuses a connection and states of another workspace, because they say nothing about this one. A state that names no workspace, or a
 * token that may not read `/me`, is accepted.
 *
 * @throws CodedError `workspace_changed`
 */
export function refuseOtherWorkspace(
  workspace: Workspace,
  { states, workspaceId: known }: Pick<SyncRequest, 'states' | 'workspaceId'>,
): Workspace {
  const { id } = workspace
  if (id !== undefined && known !== undefined && known !== id) throw connectionOfOtherWorkspace(known, id)
  for (const [streamName, state] of Object.entries(states)) {
    // The state of a stream that is not here decides nothing.
    const before = findStream(streamName) && workspaceOf(state)
    if (id === undefined || before === undefined || before === id) continue
    throw stateOfOtherWorkspace(streamName, before, id)
  }
  return workspace
}

/** Calls the function at the first call, and returns the same promise for all later calls. */
function once(start: () => Promise<void>): () => Promise<void> {
  let started: Promise<void> | undefined
  return () => {
    started ??= start()
    return started
  }
}
