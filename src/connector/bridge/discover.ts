import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import { type Command, type CommandContext, messageLine } from '../command.ts'
import { readServiceAccess, type ServiceAccess } from './service/service-access.ts'
import { strangerError } from './service/service-failures.ts'
import { askService } from './single-answer.ts'

/** The streams, with custom attributes typed as the workspace of the config, or of the connection, defines them. */
export const discoverOverHttp: Command = async (context) => {
  const message = await askCatalog(readServiceAccess(context.inputs.config), context)
  if (!isObject(message) || message.type !== 'CATALOG') throw strangerError('it does not answer with a catalog')
  await context.output.write(messageLine(message))
  return 'done'
}

async function askCatalog(access: ServiceAccess, context: CommandContext): Promise<unknown> {
  const { connectionId } = access
  const ask = (body: object) => askService(access, { method: 'POST', path: '/v1/discover', body }, context)
  if (connectionId === undefined) return ask({ config: access.config })
  try {
    return await ask({ connectionId })
  } catch (error) {
    // A service of an earlier version asks for no connection: its attributes are not typed.
    if (error instanceof CodedError && error.code === 'invalid_request') return ask({})
    throw error
  }
}
