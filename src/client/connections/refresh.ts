import { exitCodes } from '../../command-line/exit-code.ts'
import { endWithJob } from '../jobs/end-with-job.ts'
import { readRemoteJob } from '../jobs/job.ts'
import { jobLine } from '../jobs/job-text.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'

/** Starts a job that delivers the rows of a time once more, and with `--wait` shows it to its end. */
export const refreshConnection: ClientCommand<'connections refresh'> = async (context) => {
  const { options, operands, output } = context
  const { streams = '', since, until, wait, json } = options
  const body = {
    streams: streams.split(',').map((name) => name.trim()),
    since,
    ...(until !== undefined && { until }),
  }
  const service = await openService(context)
  const path = `/v1/connections/${encodeURIComponent(operands[0] ?? '')}/refresh`
  const { value } = await service.ask({ method: 'POST', path, body })
  const job = readRemoteJob(value)
  if (wait) return endWithJob(job, service, context)
  await output.write(json ? `${JSON.stringify(value)}\n` : `${jobLine(job)}\n`)
  return exitCodes.done
}
