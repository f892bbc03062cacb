import type { ClientCommandName } from '../../command-line/client-commands.ts'
import { readCount } from '../../command-line/read-arguments.ts'
import type { Service } from '../service/service.ts'
import { type Job, pathOfJob, readJob } from './job.ts'

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
  service: Service,
  method: 'GET' | 'DELETE' = 'GET',
): Promise<{ job: Job; value: unknown }> {
  const { value } = await service.ask({ method, path: pathOfNamed(name, given) })
  return { job: readJob(value), value }
}
