import { exitCodes } from '../../command-line/exit-code.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { askJob } from './ask-job.ts'
import { jobText } from './job-text.ts'

/** Shows a job as it is now. */
export const showJob: ClientCommand<'jobs show'> = async (context) => {
  const { options, output } = context
  const { job, value } = await askJob('jobs show', context, await openService(context))
  await output.write(options.json ? `${JSON.stringify(value)}\n` : jobText(job))
  return exitCodes.done
}
