import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../src/clock.ts'
import { exitCodes } from '../src/command-line/exit-code.ts'
import { UsageError } from '../src/command-line/usage-error.ts'
import { openDisplay } from '../src/display/display.ts'
import { formatNoun, formatSeconds } from '../src/display/figures.ts'
import { createScreen, type Screen } from '../src/display/screen.ts'
import { readTerminalSettings } from '../src/display/settings.ts'
import { buildSimulator } from './app.ts'
import { keepRunning, sayNext, sayOutcome } from './demo/closing.ts'
import { type DemoOptions, parseOptions } from './demo/options.ts'
import { startService } from './demo/service-process.ts'
import { runThreeSyncs } from './demo/three-syncs.ts'
import { usualNames } from './records/streams.ts'

/** The parts that the demo runs with. */
export interface DemoParts {
  buildSimulator: typeof buildSimulator
  /** A JavaScript file that runs the service, and its arguments. */
  serviceCommand: readonly string[]
}

const usualParts: DemoParts = {
  buildSimulator,
  serviceCommand: [fileURLToPath(new URL('../../bin/intercom-sync', import.meta.url)), 'serve', '--with-parent'],
}

/**
 * Runs the main job from end to end on this machine alone: a simulated Intercom, the service with its own Redis, and
 * three syncs over HTTP, each compared with the truth. The exit code is 0 only when every count is right; 1 when a
 * count is wrong, 2 for wrong arguments, 130 when it was interrupted. Only the files of messages stay behind.
 */
export async function demo(args: string[]): Promise<void> {
  await runDemo(args, usualParts)
}

/** The demo, with parts of your own. */
export async function runDemo(args: string[], parts: DemoParts): Promise<void> {
  const { stdout: output, stderr: notes } = process
  const screen = createScreen({ output, notes, environment: readTerminalSettings() })
  const stop = new AbortController()
  const interrupt = () => stop.abort()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
  // The reader of our lines may have left, e.g. `head`. Even then no service may be left behind.
  for (const stream of [output, notes]) stream.on('error', interrupt)
  try {
    const options = parseOptions(args)
    process.exitCode = exitCodes[(await show(options, parts, screen, stop.signal)) ? 'done' : 'failed']
  } catch (error) {
    if (stop.signal.aborted) {
      screen.note('Interrupted: everything that was started is ended.')
      process.exitCode = 130
    } else if (error instanceof UsageError) {
      process.stderr.write(`intercom-sync: ${error.message}\n`)
      process.exitCode = exitCodes.usage
    } else throw error
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, interrupt)
  }
}

/** Starts everything, runs the syncs, stops everything. Returns whether all was right. */
async function show(options: DemoOptions, parts: DemoParts, screen: Screen, signal: AbortSignal): Promise<boolean> {
  const start = performance.now()
  const { say, paint } = screen
  const { contacts, conversations, companies, tickets, rateLimitPerWindow: rateLimit } = options.workspace
  const simulator = parts.buildSimulator(options.workspace)
  const undo: (() => Promise<unknown>)[] = []
  try {
    const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-demo-'))
    undo.unshift(() => rm(dataDir, { recursive: true, force: true }))
    const intercom = await simulator.app.listen({ port: 0, host: '127.0.0.1' })
    undo.unshift(() => simulator.app.close())
    const nouns = { contact: contacts, conversation: conversations, company: companies, ticket: tickets }
    const size = Object.entries(nouns).map(([noun, count]) => formatNoun(count, noun))
    const unlisted = 'Companies without people are not listed, as at Intercom, so a few less come.'
    say(paint('bold', 'A simulated Intercom'), `  ${size.join(', ')}`, `  ${unlisted}`, `  ${intercom}`)

    const { serviceCommand: command } = parts
    const service = await startService({
      command,
      intercom,
      dataDir,
      environment: process.env,
      onLine: screen.note,
      signal,
    })
    undo.unshift(service.stop)
    say(paint('bold', 'The service, with a Redis of its own'), `  ${service.address}`)

    const watch = await openDisplay(screen, usualNames.length, { clock: systemClock, everyMs: 3000, tellsEnds: true })
    const syncs = { simulator, rateLimit, service: service.address, screen, watch, signal }
    const { faults, job } = await runThreeSyncs(syncs)
    sayOutcome(screen, faults, formatSeconds(performance.now() - start))
    if (options.keep) await keepRunning(screen, { service, intercom, job }, signal)
    else sayNext(screen, process.env.npm_lifecycle_event)
    return faults.length === 0
  } finally {
    for (const step of undo) await step()
  }
}
