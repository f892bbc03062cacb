import { type ConnectionStatus, connectionStatusMessage, unusableConfig } from '../../airbyte/connector-messages.ts'
import { errorTable } from '../../error-table.ts'
import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import { type Command, type CommandContext, messageLine } from '../command.ts'
import { readServiceAccess, type ServiceAccess } from './service/service-access.ts'
import { strangerError } from './service/service-failures.ts'
import { askService } from './single-answer.ts'

/**
 * A fault that the user must fix is a verdict, and so is a key that the service refuses. An unreachable service is not.
 */
export const checkOverHttp: Command = async (context) => {
  const message = await askVerdict(context).catch((error: unknown) => {
    if (!(error instanceof CodedError) || errorTable[error.code].failureType !== 'config_error') throw error
    return connectionStatusMessage(statusOf(error))
  })
  await context.output.write(messageLine(message))
  return 'done'
}

async function askVerdict(context: CommandContext): Promise<object> {
  const access = readServiceAccess(context.inputs.config)
  const { connectionId } = access
  const body = connectionId === undefined ? { config: access.config } : { connectionId }
  try {
    const message = await askService(access, { method: 'POST', path: '/v1/check', body }, context)
    if (isObject(message) && message.type === 'CONNECTION_STATUS') return message
  } catch (error) {
    const isOfBody = error instanceof CodedError && error.code === 'invalid_request'
    if (connectionId === undefined || !isOfBody) throw error
    return await askForConnection(access, connectionId, context)
  }
  throw strangerError('it does not answer with a verdict')
}

/** A service of an earlier version checks no connections: it only says that there is one. */
async function askForConnection(access: ServiceAccess, connectionId: string, context: CommandContext): Promise<object> {
  const path = `/v1/connections/${encodeURIComponent(connectionId)}`
  await askService(access, { method: 'GET', path }, context)
  const message = `The service has the connection ${connectionId}; syncs use the config that is kept there.`
  return connectionStatusMessage({ status: 'SUCCEEDED', message })
}

function statusOf(error: CodedError): ConnectionStatus {
  if (error.faults.length === 0) return { status: 'FAILED', message: error.message }
  return unusableConfig(
    error.faults.map(({ pointer, detail }) => ({ pointer: pointer.replace(/^\/config/, ''), detail })),
  )
}
