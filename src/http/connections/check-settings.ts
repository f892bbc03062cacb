import { createRedact } from '../../redaction.ts'
import type { ConnectionCheck } from '../../store/connections/connection-check.ts'
import type { ConnectionSettings } from '../../store/connections/connection-store.ts'
import { examineConnection } from '../../streams/check-connection.ts'
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
  const { config, catalog, onMissingPermission } = settings
  const names = catalog.streams.map(({ stream }) => stream.name)
  const { status, message, refusals, lacksOnlyPermissions, workspaceId } = await askIntercom(signal, config, (client) =>
    examineConnection(client, config, [], names),
  )
  const known = { checkedAt: now(), ...(workspaceId !== undefined && { workspaceId }) }
  if (status === 'FAILED' && !lacksOnlyPermissions) return { status: 'failed', message, warnings: [], ...known }
  const redact = createRedact(config)
  const refused = refusedStreams(refusals)
  const isAnyLeft = names.some((name) => !refused.includes(name))
  const warnings = refusals.map((refusal) =>
    redact(`${describeRefusal(refusal)}. ${consequenceOf(refusal, onMissingPermission, isAnyLeft)}`),
  )
  return { status: 'succeeded', message, warnings, ...known }
}

function consequenceOf(
  { probe }: Refusal,
  onMissingPermission: ConnectionSettings['onMissingPermission'],
  isAnyLeft: boolean,
): string {
  const names = probe.streamNames.join(', ')
  if (!isAnyLeft) return 'Until then, jobs fail: the token may read no stream of the catalog'
  if (onMissingPermission === 'skip') return `Until then, jobs leave out ${names}`
  return `Until then, jobs fail: leave out ${names}, or set onMissingPermission to "skip"`
}
