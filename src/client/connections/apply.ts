import { exitCodes } from '../../command-line/exit-code.ts'
import type { ConnectionsFile, DeclaredConnection } from '../../connections-file/connections-file.ts'
import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService, type RemoteService } from '../service/service.ts'
import { readDeclaredFile } from './declared-file.ts'
import { madeSecretsIn, secretLines, type WebhookSecret } from './webhook-secrets.ts'

/** Puts every connection of a file, one after the other. Nothing is put when the file has a fault. */
export const applyConnections: ClientCommand<'connections apply'> = async (context) => {
  const { options, operands, output, note, settings, signal } = context
  const file = await readDeclaredFile(operands[0] ?? '', settings, signal)
  const service = await openService(context)
  const applied: object[] = []
  for (const connection of file.connections) {
    const { connectionId } = connection
    const { change, warnings, secrets } = await put(connection, service, file, options.unchecked === true)
    applied.push({ connectionId, change, warnings, ...(secrets.length > 0 && { secrets }) })
    if (!options.json) await output.write(`${connectionId}: ${change}\n${secretLines(connectionId, secrets)}`)
    for (const warning of warnings) note(`${connectionId}: ${warning}`)
  }
  if (options.json) await output.write(`${JSON.stringify(applied)}\n`)
  return exitCodes.done
}

interface Applied {
  /** `created`, `changed`, `unchanged`; `put` from a service of a version that does not tell. */
  change: string
  /** What its jobs will stumble over, for people. */
  warnings: string[]
  /** Secrets of webhooks that the service has made just now, and shows this once. */
  secrets: WebhookSecret[]
}

async function put(
  { connectionId, body }: DeclaredConnection,
  service: RemoteService,
  file: ConnectionsFile,
  isUnchecked: boolean,
): Promise<Applied> {
  // A service of an earlier version does not know the parameter.
  const path = `/v1/connections/${encodeURIComponent(connectionId)}${isUnchecked ? '?validate=false' : ''}`
  const { headers, value } = await service.ask({ method: 'PUT', path, body }).catch((error: unknown) => {
    throw inFile(error, file, connectionId)
  })
  return {
    change: headers.get('connection-change') ?? 'put',
    warnings: warningsIn(value),
    secrets: madeSecretsIn(value),
  }
}

/** What a service says about a connection's body, with the place in the file. */
export function inFile(error: unknown, file: ConnectionsFile, connectionId: string): unknown {
  if (!(error instanceof CodedError)) return error
  if (error.code === 'invalid_request' && error.faults.length > 0) return file.faultOf(connectionId, error.faults)
  return error.code === 'check_failed' ? new CodedError(error.code, `${connectionId}: ${error.message}`) : error
}

/** None in the answer of a version that does not tell. */
function warningsIn(value: unknown): string[] {
  return isObject(value) && Array.isArray(value.warnings) ? value.warnings.map(String) : []
}
