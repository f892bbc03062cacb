import { exitCodes } from '../../command-line/exit-code.ts'
import { isObject } from '../../json-object.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { scheduleLines } from './schedule-text.ts'

type PauseCommand = ClientCommand<'connections pause' | 'connections resume'>

/** Lets a connection begin no more jobs by itself. */
export const pauseConnection: PauseCommand = (context) => post(context, 'pause')

/** Lets a paused connection go on. */
export const resumeConnection: PauseCommand = (context) => post(context, 'resume')

async function post(context: Parameters<PauseCommand>[0], action: 'pause' | 'resume'): ReturnType<PauseCommand> {
  const { options, operands, output } = context
  const path = `/v1/connections/${encodeURIComponent(operands[0] ?? '')}/${action}`
  const { value } = await (await openService(context)).ask({ method: 'POST', path })
  const text = isObject(value) ? `${scheduleLines(value).join('\n')}\n` : ''
  await output.write(options.json ? `${JSON.stringify(value)}\n` : text)
  return exitCodes.done
}
