import { exitCodes } from '../../command-line/exit-code.ts'
import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { readReferringFile } from './declared-file.ts'
import { madeSecretsIn, secretLines } from './webhook-secrets.ts'

/** Changes a part of a connection: what the file does not name stays, null removes. */
export const patchConnection: ClientCommand<'connections patch'> = async (context) => {
  const { options, operands, output, note, settings, signal } = context
  const [connectionId = '', path = ''] = operands
  const { name, value: body } = await readReferringFile(path, settings, signal)
  if (!isObject(body)) throw new CodedError('invalid_request', `${name} must hold the members to change`)
  const service = await openService(context)
  const { headers, value } = await service.ask({
    method: 'PATCH',
    path: `/v1/connections/${encodeURIComponent(connectionId)}${options.unchecked ? '?validate=false' : ''}`,
    body,
  })
  const { warnings } = isObject(value) ? value : {}
  for (const warning of Array.isArray(warnings) ? warnings : []) note(`${connectionId}: ${warning}`)
  const text = `${connectionId}: ${headers.get('connection-change')}\n${secretLines(connectionId, madeSecretsIn(value))}`
  await output.write(options.json ? `${JSON.stringify(value)}\n` : text)
  if (Array.isArray(body.webhooks) && body.webhooks.length > 0 && !options.json)
    note(`To send each of its webhooks a test: intercom-sync connections test-webhooks ${connectionId}`)
  return exitCodes.done
}
