import type { ClientCommandName } from '../../command-line/client-commands.ts'
import { readCount } from '../../command-line/read-arguments.ts'
import type { RemoteService } from '../service/service.ts'
import { pathOfJob, type RemoteJob, readRemoteJob } from './job.ts'

interface JobArguments {
  operands: readonly string[]
  options: { epoch?: string }
}

/** The path of the job that a command line names, or of a call about it. @throws UsageError */
export function pathOfNamed(name: ClientCommandName, { operands, options }: JobArguments, call?: string): string {
  const jobId = readCount(name, 'JOB', operands[0]) ?? 0
  return pathOfJob(jobId, options.epoch, call)
}

/** The job that a command line names, and the answer that told it. @throws UsageError; CodedError */
export async function askJob(
  name: ClientCommandName,
  given: JobArguments,
  service: RemoteService,
  method: 'GET' | 'DELETE' = 'GET',
): Promise<{ job: RemoteJob; value: unknown }> {
  const { value } = await service.ask({ method, path: pathOfNamed(name, given) })
  return { job: readRemoteJob(value), value }
}
