import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { askJob } from './ask-job.ts'
import { endWithJob } from './end-with-job.ts'

/** Shows a job until it has ended. */
export const watchJob: ClientCommand<'watch'> = async (context) => {
  const service = await openService(context)
  const { job } = await askJob('watch', context, service)
  return endWithJob(job, service, context)
}
