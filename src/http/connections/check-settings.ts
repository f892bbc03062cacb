import { createRedact } from '../../redaction.ts'
import type { ConnectionCheck } from '../../store/connections/connection-check.ts'
import type { ConnectionSettings } from '../../store/connections/connection-store.ts'
import { examineConnection } from '../../streams/check-connection.ts'
import { resolveEvery } from '../../streams/every-stream.ts'
import { describeRefusal, type Refusal, refusedStreams } from '../../streams/refusals.ts'
import type { AskIntercom } from '../requests/ask-intercom.ts'

/**
 * Asks Intercom whether a connection's settings can be used. A missing permission alone is only warned of: the
 * connection may be there for streams to come.
 *
 * @param now ms since the epoch
 * @throws CodedError `intercom_unavailable` and others when there is no verdict; the signal's reason
 */
export async function checkSettings(
  settings: ConnectionSettings,
  { askIntercom, now }: { askIntercom: AskIntercom; now: () => number },
  signal: AbortSignal,
): Promise<ConnectionCheck> {
  const { config, onMissingPermission } = settings
  const { streams } = resolveEvery(settings.catalog, config.api_version)
  const names = streams.map(({ stream }) => stream.name)
  const optional = new Set(
    streams.flatMap(({ stream, only_if_permitted }) =>
      only_if_permitted || onMissingPermission === 'skip' ? [stream.name] : [],
    ),
  )
  const { status, message, refusals, lacksOnlyPermissions, workspaceId } = await askIntercom(signal, config, (client) =>
    examineConnection(client, config, [], names),
  )
  const known = { checkedAt: now(), ...(workspaceId !== undefined && { workspaceId }) }
  if (status === 'FAILED' && !lacksOnlyPermissions) return { status: 'failed', message, warnings: [], ...known }
  const redact = createRedact(config)
  const refused = refusedStreams(refusals)
  const isAnyLeft = names.some((name) => !refused.includes(name))
  const warnings = refusals.map((refusal) =>
    redact(`${describeRefusal(refusal)}. ${consequenceOf(refusal, optional, isAnyLeft)}`),
  )
  return { status: 'succeeded', message, warnings, ...known }
}

/** @param optional the streams that jobs leave out when they may not read them */
function consequenceOf({ probe }: Refusal, optional: ReadonlySet<string>, isAnyLeft: boolean): string {
  if (!isAnyLeft) return 'Until then, jobs fail: the token may read no stream of the catalog'
  const needed = probe.streamNames.filter((name) => !optional.has(name)).join(', ')
  if (needed === '') return `Until then, jobs leave out ${probe.streamNames.join(', ')}`
  return `Until then, jobs fail: leave out ${needed}, or set onMissingPermission to "skip"`
}
