import { CodedError } from '../../errors.ts'
import type { BriefClient } from '../../intercom/brief-client.ts'
import { createRedact } from '../../redaction.ts'
import type { ConnectionSettings } from '../../store/connections/connection-store.ts'
import { describeRefusal, findMissingPermissions, type Refusal } from '../../streams/refusals.ts'

/**
 * What the jobs of a connection will stumble over, for people: streams that its token may not read, a token that
 * Intercom does not accept, or that nobody could find out. None of it keeps a connection from being stored.
 *
 * @param ask asks Intercom with the connection's token
 */
export async function warningsOf(
  settings: ConnectionSettings,
  ask: (work: (client: BriefClient) => Promise<Refusal[]>) => Promise<Refusal[]>,
): Promise<string[]> {
  const { config, catalog, onMissingPermission } = settings
  const names = catalog.streams.map(({ stream }) => stream.name)
  const redact = createRedact(config)
  try {
    const refusals = await ask((client) => findMissingPermissions(client, names, config.api_version, client.pause))
    return refusals.map((refusal) =>
      redact(`${describeRefusal(refusal)}. ${consequenceOf(refusal, onMissingPermission)}`),
    )
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    if (error.code === 'token_invalid') return [redact(error.message)]
    return [`Whether the token may read all streams is not known: ${redact(error.message)}`]
  }
}

function consequenceOf({ probe }: Refusal, onMissingPermission: ConnectionSettings['onMissingPermission']): string {
  const names = probe.streamNames.join(', ')
  if (onMissingPermission === 'skip') return `Until then, jobs leave out ${names}`
  return `Until then, jobs fail: leave out ${names}, or set onMissingPermission to "skip"`
}
