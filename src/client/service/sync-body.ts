import { usageError } from '../../command-line/read-arguments.ts'
import { withoutBridgeMembers } from '../../connector/bridge/service/service-access.ts'
import { readInputs } from '../../connector/input-files.ts'
import { isObject } from '../../json-object.ts'
import type { ClientContext } from './command.ts'

/** The options that say what to sync. */
type SyncOptions = Partial<Record<'config' | 'connection' | 'catalog' | 'streams' | 'state', string>>

/**
 * The body of a call that takes what a job would sync.
 *
 * @throws UsageError; CodedError that names a file
 */
export async function readSyncBody<Name extends 'jobs run' | 'estimate'>(
  name: Name,
  { paths, signal }: Pick<ClientContext<Name>, 'paths' | 'signal'>,
  { config, connection, catalog, streams, state }: SyncOptions,
): Promise<object> {
  if ((config === undefined) === (connection === undefined))
    throw usageError(name, 'either --config or --connection must be given')
  if (catalog !== undefined && streams !== undefined)
    throw usageError(name, '--catalog and --streams cannot be given together')
  Object.assign(paths, { ...(config && { config }), ...(catalog && { catalog }), ...(state && { state }) })
  const inputs = await readInputs(paths, signal)
  return {
    ...(connection !== undefined && { connectionId: connection }),
    ...inputs,
    // The service needs neither its own address nor the key to itself.
    ...(isObject(inputs.config) && { config: withoutBridgeMembers(inputs.config) }),
    ...(streams !== undefined && { streams: streams.split(',').map((stream) => stream.trim()) }),
  }
}
