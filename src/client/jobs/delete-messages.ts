import { exitCodes } from '../../command-line/exit-code.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { pathOfNamed } from './ask-job.ts'

/** Removes the messages of an ended job from the service for good. */
export const removeMessages: ClientCommand<'jobs delete-messages'> = async (context) => {
  const path = pathOfNamed('jobs delete-messages', context, '/messages')
  await (await openService(context)).ask({ method: 'DELETE', path })
  await context.output.write(`messages of job ${context.operands[0]} deleted\n`)
  return exitCodes.done
}
