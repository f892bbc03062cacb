import { errorLine } from './airbyte/messages.ts'
import { systemClock } from './clock.ts'
import { exitCodes } from './command-line/exit-code.ts'
import { readArguments } from './command-line/read-arguments.ts'
import { UsageError } from './command-line/usage-error.ts'
import type { Command } from './connector/command.ts'
import { type InputPaths, type Inputs, nameFiles, readInputs } from './connector/input-files.ts'
import { abortOnSignals, endAborted } from './connector/interruption.ts'
import { type Output, openOutput } from './connector/output.ts'
import { reportOf } from './error-report.ts'
import { CodedError, toJobFailure } from './errors.ts'
import { isObject } from './json-object.ts'

/**
 * Airbyte's commands. Only messages go to stdout; everything that the process itself reports goes to stderr. The exit
 * code is 0 only when everything requested was done, 2 for a wrong command line, else 1. If a signal ends the process,
 * its exit status says so.
 */
export const spec = (args: string[]): Promise<void> => run('spec', args)
export const check = (args: string[]): Promise<void> => run('check', args)
export const discover = (args: string[]): Promise<void> => run('discover', args)
export const read = (args: string[]): Promise<void> => run('read', args)

type CommandName = 'spec' | 'check' | 'discover' | 'read'

/** Each command is loaded when it is called, because `spec` needs none of the code that asks Intercom. */
const commands: Record<CommandName, () => Promise<Command>> = {
  spec: async () => (await import('./connector/spec.ts')).tellSpec,
  check: async () => (await import('./connector/check.ts')).checkConfig,
  discover: async () => (await import('./connector/discover.ts')).discoverCatalog,
  read: async () => (await import('./connector/read.ts')).readStreams,
}

/** The same commands, run by a service; loaded only when the config names one. */
const bridgedCommands: Record<CommandName, () => Promise<Command>> = {
  spec: commands.spec,
  check: async () => (await import('./connector/bridge/check.ts')).checkOverHttp,
  discover: async () => (await import('./connector/bridge/discover.ts')).discoverOverHttp,
  read: async () => (await import('./connector/bridge/read.ts')).readOverHttp,
}

const clock = systemClock

async function run(name: CommandName, args: string[]): Promise<void> {
  const ending = new AbortController()
  const { signal } = ending
  const output = openOutput(process.stdout, (error) => ending.abort(error))
  const release = abortOnSignals(ending, clock)
  // A caller that has closed stdout may have closed stderr, too.
  process.stderr.on('error', () => undefined)
  let paths: InputPaths = {}
  let inputs: Inputs = {}
  try {
    const options: InputPaths & { debug?: boolean } = readArguments(name, args).options
    paths = options
    inputs = await readInputs(paths, signal)
    const command = await (namesService(inputs.config) ? bridgedCommands : commands)[name]()
    const shown = name === 'read' ? await showProgress(inputs, output) : { output, note, stop: () => undefined }
    const context = { inputs, output: shown.output, note: shown.note, clock, random: Math.random, signal }
    const outcome = await command(context).finally(shown.stop)
    process.exitCode = exitCodes[outcome]
  } catch (error) {
    process.exitCode = error instanceof UsageError ? exitCodes.usage : exitCodes.failed
    if (error instanceof UsageError) process.stderr.write(`intercom-sync: ${error.message}\n`)
    else if (!signal.aborted) await tell(nameFiles(error, paths), inputs.config, output).catch(() => undefined)
  }
  release()
  if (signal.aborted) endAborted(signal.reason)
}

/** Writes a line of the process itself. */
function note(line: string): void {
  process.stderr.write(`${line}\n`)
}

async function showProgress(inputs: Inputs, output: Output) {
  const { openReadDisplay } = await import('./connector/read-display.ts')
  return openReadDisplay({ catalog: inputs.catalog, output, streams: process, clock })
}

/** As everywhere in the config, "" and null count as left out. */
function namesService(config: unknown): boolean {
  return isObject(config) && (config.service_url ?? '') !== ''
}

/** An error that users can fix is reported in a message. For an unforeseen error, the details go to the log. */
async function tell(error: unknown, config: unknown, output: Output): Promise<void> {
  if (!(error instanceof CodedError)) {
    const { openLog } = await import('./connector/log.ts')
    openLog(note).error({ error: reportOf(error, isObject(config) ? config : {}) }, 'unexpected')
  }
  await output.write(errorLine(toJobFailure(error), clock.now()))
}
