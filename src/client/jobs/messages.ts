import { exitCodes } from '../../command-line/exit-code.ts'
import { readCount } from '../../command-line/read-arguments.ts'
import { followJob } from '../../connector/bridge/follow-job.ts'
import { createPrintedLog } from '../../connector/bridge/printed-log.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { askJob } from './ask-job.ts'
import { exitCodeOf } from './job-text.ts'

/** Prints a job's messages to the end of the job, with the reader that the bridge has. */
export const printMessages: ClientCommand<'jobs messages'> = async (context) => {
  const { options, output, note, clock, signal } = context
  const after = readCount('jobs messages', '--after', options.after) ?? 0
  const service = await openService(context)
  const { job } = await askJob('jobs messages', context, service)
  const started = { jobId: job.jobId, epoch: options.epoch ?? job.logEpoch }
  const printed = createPrintedLog(output, after)
  const { client, follow: patience } = service
  const ended = await followJob(started, { client, printed, patience, turn: patience, clock, signal })
  const code = exitCodeOf(ended)
  if (code !== exitCodes.done)
    note(`intercom-sync: job ${job.jobId} ${ended.status}${ended.failureMessage ? `: ${ended.failureMessage}` : ''}`)
  return code
}
