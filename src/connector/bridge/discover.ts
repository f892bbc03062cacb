import { isObject } from '../../json-object.ts'
import { type Command, messageLine } from '../command.ts'
import { readServiceAccess } from './service/service-access.ts'
import { strangerError } from './service/service-failures.ts'
import { askService } from './single-answer.ts'

/**
 * Custom attributes are typed only when a config is given, because the service keeps a connection's config to itself.
 */
export const discoverOverHttp: Command = async (context) => {
  const access = readServiceAccess(context.inputs.config)
  const body = access.connectionId === undefined ? { config: access.config } : {}
  const message = await askService(access, { method: 'POST', path: '/v1/discover', body }, context)
  if (!isObject(message) || message.type !== 'CATALOG') throw strangerError('it does not answer with a catalog')
  await context.output.write(messageLine(message))
  return 'done'
}
