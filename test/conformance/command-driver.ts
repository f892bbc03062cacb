import type { ConnectorBench } from '../support/connector.ts'
import { type Driver, type Run, readRun } from './driver.ts'

export interface CommandDriverOptions {
  name: string
  bench: ConnectorBench
  /** Where Intercom is, for a connector that asks it itself. */
  intercom?: string
  /** Members added to every config, e.g. the `service_url` of the bridge. @defaultValue none */
  members?: Record<string, unknown>
}

/** The executable, run as Airbyte runs it: files in, messages on stdout, an exit code. */
export function createCommandDriver({ name, bench, intercom, members = {} }: CommandDriverOptions): Driver {
  let files = 0
  const write = (content: object) => bench.write(`${name.replaceAll(' ', '-')}-${++files}.json`, content)
  const configOf = (config: object) => ['--config', write({ ...config, ...members })]
  const run = async (args: string[]): Promise<Run> => {
    const { end, stdout, stderr } = await bench.run(args, intercom === undefined ? {} : { intercom })
    // 2 is a wrong command line, a signal a crash: neither is an answer.
    if (end !== 0 && end !== 1) throw new Error(`${args[0]} ended with ${end}: ${stderr}`)
    return readRun(end === 0 ? 'succeeded' : 'failed', stdout.toString())
  }
  return {
    name,
    spec: () => run(['spec']),
    check: (config) => run(['check', ...configOf(config)]),
    discover: (config) => run(['discover', ...configOf(config)]),
    read: ({ config, catalog, state }) =>
      run([
        'read',
        ...configOf(config),
        ...['--catalog', write(catalog)],
        ...(state === undefined ? [] : ['--state', write(state)]),
      ]),
  }
}
