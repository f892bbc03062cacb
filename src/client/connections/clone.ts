import { exitCodes } from '../../command-line/exit-code.ts'
import { isObject } from '../../json-object.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'

/** Makes a connection like another one, without its state. */
export const cloneConnection: ClientCommand<'connections clone'> = async (context) => {
  const { options, operands, output, note } = context
  const [source = '', connectionId = ''] = operands
  const path = `/v1/connections/${encodeURIComponent(source)}/clone${options.unchecked ? '?validate=false' : ''}`
  const service = await openService(context)
  const { value } = await service.ask({ method: 'POST', path, body: { connectionId } })
  const { warnings, paused } = isObject(value) ? value : {}
  for (const warning of Array.isArray(warnings) ? warnings : []) note(`${connectionId}: ${warning}`)
  const isPaused = paused === true ? '; paused' : ''
  await output.write(options.json ? `${JSON.stringify(value)}\n` : `${connectionId}: created${isPaused}\n`)
  return exitCodes.done
}
