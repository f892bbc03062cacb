import { systemClock } from '../clock.ts'
import type { ClientCommandName } from '../command-line/client-commands.ts'
import { readArguments } from '../command-line/read-arguments.ts'
import type { InputPaths } from '../connector/input-files.ts'
import { abortOnSignals, endAborted } from '../connector/interruption.ts'
import { openOutput } from '../connector/output.ts'
import type { ClientCommand } from './service/command.ts'
import { describeFailure } from './service/failure.ts'
import { readClientSettings } from './service/settings.ts'

type Commands = { [Name in ClientCommandName]: () => Promise<ClientCommand<Name>> }

/** Each command is loaded when it is called. */
const commands: Commands = {
  'jobs run': async () => (await import('./jobs/run.ts')).runJob,
  'jobs list': async () => (await import('./jobs/list.ts')).printJobs,
  'jobs show': async () => (await import('./jobs/show.ts')).showJob,
  'jobs messages': async () => (await import('./jobs/messages.ts')).printMessages,
  'jobs records': async () => (await import('./jobs/records.ts')).printRecords,
  'jobs cancel': async () => (await import('./jobs/cancel.ts')).cancelJob,
  'jobs ack': async () => (await import('./jobs/acknowledge.ts')).acknowledgeMessages,
  'jobs delete-messages': async () => (await import('./jobs/delete-messages.ts')).removeMessages,
  'connections list': async () => (await import('./connections/list.ts')).printConnections,
  'connections show': async () => (await import('./connections/show.ts')).showConnection,
  'connections schedule': async () => (await import('./connections/schedule.ts')).scheduleConnection,
  'connections pause': async () => (await import('./connections/pause.ts')).pauseConnection,
  'connections resume': async () => (await import('./connections/pause.ts')).resumeConnection,
  'connections deliveries': async () => (await import('./connections/deliveries.ts')).listDeliveries,
  'connections retry-delivery': async () => (await import('./connections/deliveries.ts')).retryDelivery,
  'connections test-webhooks': async () => (await import('./connections/deliveries.ts')).testWebhooks,
  'connections patch': async () => (await import('./connections/patch.ts')).patchConnection,
  'connections clone': async () => (await import('./connections/clone.ts')).cloneConnection,
  'connections refresh': async () => (await import('./connections/refresh.ts')).refreshConnection,
  'connections authenticate': async () => (await import('./connections/authenticate.ts')).authenticateConnection,
  'connections diff': async () => (await import('./connections/diff.ts')).diffConnections,
  'connections apply': async () => (await import('./connections/apply.ts')).applyConnections,
  estimate: async () => (await import('./estimate/estimate.ts')).showEstimate,
  watch: async () => (await import('./jobs/watch.ts')).watchJob,
}

const clock = systemClock

/**
 * Runs a command that asks a service. What was asked for goes to stdout, everything else to stderr. The exit code is one
 * of `exitCodes`; if a signal ends the process, its exit status says so.
 */
export async function client<Name extends ClientCommandName>(args: string[], name: Name): Promise<void> {
  const ending = new AbortController()
  const { signal } = ending
  const output = openOutput(process.stdout, (error) => ending.abort(error))
  const release = abortOnSignals(ending, clock)
  const { stderr } = process
  // A caller that has closed stdout may have closed stderr, too.
  stderr.on('error', () => undefined)
  const note = (line: string) => void stderr.write(`${line}\n`)
  const paths: InputPaths = {}
  const running = { output, stderr, note, clock, random: Math.random, signal }
  try {
    const given = readArguments(name, args)
    const command = await commands[name]()
    process.exitCode = await command({ ...given, ...running, settings: readClientSettings(), paths })
  } catch (error) {
    if (!signal.aborted) {
      const failure = describeFailure(error, paths)
      if (!failure) throw error
      note(`intercom-sync: ${failure.text}`)
      process.exitCode = failure.exitCode
    }
  }
  release()
  if (signal.aborted) endAborted(signal.reason)
}
