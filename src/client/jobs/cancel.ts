import { exitCodes } from '../../command-line/exit-code.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { askJob } from './ask-job.ts'
import { jobLine } from './job-text.ts'

/** Cancels a job. One that runs ends as soon as its worker notices. */
export const cancelJob: ClientCommand<'jobs cancel'> = async (context) => {
  const { options, output } = context
  const { job, value } = await askJob('jobs cancel', context, await openService(context), 'DELETE')
  await output.write(options.json ? `${JSON.stringify(value)}\n` : `${jobLine(job)}\n`)
  return exitCodes.done
}
