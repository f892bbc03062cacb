import type { ExitCode } from '../../command-line/exit-code.ts'
import { createScreen } from '../../display/screen.ts'
import { readTerminalSettings } from '../../display/settings.ts'
import type { ClientContext } from '../service/command.ts'
import type { RemoteService } from '../service/service.ts'
import { followToEnd } from './follow.ts'
import { pathOfJob, type RemoteJob } from './job.ts'
import { exitCodeOf, jobLine, jobText } from './job-text.ts'

type WatchingContext = ClientContext<'jobs run'> | ClientContext<'watch'> | ClientContext<'connections refresh'>

/** Shows a job on stderr until it has ended, then tells how, and returns the exit code that does, too. */
export async function endWithJob(
  first: RemoteJob,
  service: RemoteService,
  { options, output, stderr, note, clock, signal }: WatchingContext,
): Promise<ExitCode> {
  const screen = createScreen({ output: stderr, notes: stderr, environment: readTerminalSettings() })
  note(jobLine(first))
  const job = await followToEnd(first, { service, screen, clock, signal })
  if (!options.json) await output.write(jobText(job))
  else {
    const { value } = await service.askAgain({ method: 'GET', path: pathOfJob(job.jobId, job.logEpoch) })
    await output.write(`${JSON.stringify(value)}\n`)
  }
  return exitCodeOf(job)
}
