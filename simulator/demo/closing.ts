import { once } from 'node:events'
import type { Screen } from '../../src/display/screen.ts'
import { type CurlSetting, curlLines } from './curl-lines.ts'
import type { ServiceProcess } from './service-process.ts'
import { messageFiles } from './three-syncs.ts'

/** Prints the overall verdict, and where the messages are. @param took how long it took, in words */
export function sayOutcome({ say, paint }: Screen, faults: readonly string[], took: string): void {
  say('')
  if (faults.length === 0) say(`${paint('green', 'All counts are right.')} The demo took ${took}.`)
  else say(paint('red', 'SOMETHING IS WRONG:'), ...faults.map((fault) => `  ${fault}`))
  say(`The messages are in ${process.cwd()}:`, `  ${messageFiles.join(' ')}`)
}

/** How to go on, by the way the demo was started: as a script of npm, by npx, or by its name. */
const nextCommands = {
  demo: ['npm run demo -- --keep', 'npm start'],
  npx: ['npx intercom-sync demo --keep', 'npx intercom-sync serve'],
  other: ['intercom-sync demo --keep', 'intercom-sync serve'],
} as const

/**
 * Prints how to continue once everything is gone.
 *
 * @param startedAs what npm calls the way that it runs a program
 */
export function sayNext({ say }: Screen, startedAs = 'other'): void {
  const [keep, serve] = startedAs === 'demo' || startedAs === 'npx' ? nextCommands[startedAs] : nextCommands.other
  const width = keep.length
  say(`Next: ${keep}   keeps it running, with page and curl lines`)
  say(`      ${serve.padEnd(width)}   runs the service for your own workspace`)
}

/** Prints commands to try, and waits for Ctrl-C. @throws Error when the service ends before */
export async function keepRunning(
  { say, paint }: Screen,
  { service, ...setting }: Omit<CurlSetting, 'service'> & { service: ServiceProcess },
  signal: AbortSignal,
): Promise<void> {
  say('', paint('bold', 'Everything is still running. Try, in another terminal:'))
  for (const { what, command } of curlLines({ ...setting, service: service.address })) {
    say('', paint('dim', `# ${what}`), command)
  }
  const page = `Its page, for a browser: ${service.address}/`
  say('', page, `The API, described: ${service.address}/docs`, 'Ctrl-C ends everything.')
  if (signal.aborted) return
  const died = service.ended.then(() => {
    if (!signal.aborted) throw new Error('the service ended')
  })
  await Promise.race([once(signal, 'abort'), died])
}
