import { CodedError } from '../../errors.ts'
import { createRedact } from '../../redaction.ts'
import type { ConnectionSettings } from '../../store/connections/connection-store.ts'
import { describeRefusal, findMissingPermissions, type Refusal, refusedStreams } from '../../streams/refusals.ts'
import type { AskIntercom } from './ask-intercom.ts'

/** A caller waits no longer than this for what Intercom says about a new connection. */
const limits = { deadlineMs: 20_000, tries: 1 }

/**
 * What the jobs of a connection will stumble over, for people: streams that its token may not read, a token that
 * Intercom does not accept, or that nobody could find out. None of it keeps a connection from being stored.
 *
 * @param signal has aborted when there is no time left to ask
 */
export async function warningsOf(
  settings: ConnectionSettings,
  askIntercom: AskIntercom,
  signal: AbortSignal,
): Promise<string[]> {
  const { config, catalog, onMissingPermission } = settings
  const names = catalog.streams.map(({ stream }) => stream.name)
  const redact = createRedact(config)
  try {
    const refusals = await askIntercom(
      signal,
      config,
      (client) => findMissingPermissions(client, names, config.api_version, client.pause),
      limits,
    )
    const refused = refusedStreams(refusals)
    const isAnyLeft = names.some((name) => !refused.includes(name))
    return refusals.map((refusal) =>
      redact(`${describeRefusal(refusal)}. ${consequenceOf(refusal, onMissingPermission, isAnyLeft)}`),
    )
  } catch (error) {
    if (!(error instanceof CodedError || signal.aborted)) throw error
    if (error instanceof CodedError && error.code === 'token_invalid') return [redact(error.message)]
    const why = error instanceof CodedError ? redact(error.message) : 'the service closes'
    return [`Whether the token may read all streams is not known: ${why}`]
  }
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
