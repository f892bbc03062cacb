import { CodedError } from '../errors.ts'
import type { IntercomClient } from '../intercom/client.ts'
import { describeRefusal, findMissingPermissions, refusedStreams } from '../streams/refusals.ts'
import { isUnknown } from '../streams/unknown-streams.ts'
import type { SyncRequest } from './contract/sync-request.ts'
import type { WalkPorts } from './contract/walk.ts'

/** The streams of a catalog that a job leaves out because the token may not read them. */
interface SkippedStreams {
  names: readonly string[]
  /** What readers of the log are told about it, once; undefined when nothing is left out, or it has been told. */
  warning?: string
}

interface SkipInput extends SyncRequest, Pick<WalkPorts, 'clock' | 'signal'> {
  client: IntercomClient
}

/**
 * Finds the streams to leave out, before any stream begins. An attempt that continues leaves out the same ones as the
 * attempts before it: a permission that came or went meanwhile changes nothing for a job.
 *
 * @param before the position that the attempt continues from
 * @throws CodedError `scope_missing` when nothing of the catalog is left, `token_invalid`, or when Intercom gives no
 *   verdict
 */
export async function findSkippedStreams(
  { onMissingPermission, catalog, config, client, clock, signal }: SkipInput,
  before: { skipped?: string[] } | undefined,
): Promise<SkippedStreams> {
  if (before) return { names: before.skipped ?? [] }
  const known = catalog.streams.filter(({ stream }) => !isUnknown(stream.name))
  const wanted = known
    .filter(({ only_if_permitted }) => onMissingPermission === 'skip' || only_if_permitted)
    .map(({ stream }) => stream.name)
  if (wanted.length === 0) return { names: [] }
  const pause = (ms: number) => clock.sleep(ms, signal)
  const refusals = await findMissingPermissions(client, wanted, config.api_version, pause)
  if (refusals.length === 0) return { names: [] }
  const why = refusals.map(describeRefusal).join('; ')
  const names = refusedStreams(refusals)
  if (known.every(({ stream }) => names.includes(stream.name)))
    throw new CodedError('scope_missing', `The access token may read no stream of the catalog. ${why}`)
  const reason = onMissingPermission === 'skip' ? 'onMissingPermission is "skip"' : '"*" reads what the token may read'
  return {
    names,
    warning: `Left out for want of a permission (${reason}), their states stay as they are: ${why}`,
  }
}

/** The same sync without some of its streams. */
export function withoutStreams<Input extends Pick<SyncRequest, 'catalog'>>(
  input: Input,
  names: readonly string[],
): Input {
  if (names.length === 0) return input
  return { ...input, catalog: { streams: input.catalog.streams.filter(({ stream }) => !names.includes(stream.name)) } }
}
