import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSimulator, type Simulator } from '../../simulator/app.ts'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { runCompiled, runProcess, type Teardown, type TestProcess } from './processes.ts'

/** A fenced block of a Markdown document. */
export interface Block {
  /** The nearest heading above, without its `#` signs. */
  heading: string
  /** The word after the fence, e.g. `sh`. */
  language: string
  text: string
}

/** Every fenced block of a document, in order. @param path from the root of the repository */
export function readBlocks(path: string): Block[] {
  const parts = readFileSync(join(process.cwd(), path), 'utf8').matchAll(
    /^#+ (?<heading>.+)$|^```(?<language>\w*)\n(?<text>[\s\S]*?)^```$/gm,
  )
  const blocks: Block[] = []
  let heading = ''
  for (const { groups } of parts) {
    if (groups?.heading !== undefined) heading = groups.heading
    else blocks.push({ heading, language: groups?.language ?? '', text: groups?.text ?? '' })
  }
  return blocks
}

/** What a reader of a document needs: the service, an Intercom, and a folder to work in. */
export interface Desk {
  simulator: Simulator
  service: string
  folder: string
  /** Replaces the document's addresses with those of this desk. */
  localize(text: string): string
  /** Starts lines of a shell, which end at the first one that fails; the folder is also the shell's home. */
  start(lines: string, environment?: Record<string, string>): TestProcess
  run(lines: string, environment?: Record<string, string>): Promise<Outcome>
  /** Ends the service in an orderly way. */
  endService(): Promise<void>
}

/** The result of some lines of a shell. */
export interface Outcome {
  code: number | NodeJS.Signals
  stdout: string
  stderr: string
}

/** @param settings environment of the service */
export async function openDesk(
  t: Teardown,
  options: SimulatorOptions,
  settings: Record<string, string> = {},
): Promise<Desk> {
  const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-desk-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const simulator = buildSimulator(options)
  const intercom = await simulator.app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => simulator.app.close())
  const environment = { PORT: '0', DATA_DIR: join(folder, 'data'), INTERCOM_BASE_URL: intercom, ...settings }
  const server = runCompiled(t, 'test/support/serve-process.js', [], environment)
  const service = (await server.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''

  const localize = (text: string) =>
    text.replaceAll('http://127.0.0.1:8080', service).replaceAll('http://127.0.0.1:4010', intercom)
  const start: Desk['start'] = (lines, variables) => {
    const shell = runProcess(
      t,
      'sh',
      ['-ec', localize(lines)],
      { HOME: folder, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, ...variables },
      { cwd: folder, ownGroup: true },
    )
    t.teardown(() => endGroup(shell))
    return shell
  }
  return {
    simulator,
    service,
    folder,
    localize,
    start,
    async endService() {
      await server.end('SIGTERM')
    },
    async run(lines, variables) {
      const shell = start(lines, variables)
      return { code: await shell.exited, stdout: shell.stdout(), stderr: shell.stderr() }
    },
  }
}

/**
 * From now on curl asks again when the service refuses a call with 503, as it may on a machine that many tests keep
 * busy. curl's own `--retry` is not enough: with `--fail-with-body` it prints the refusals, too.
 */
export function retryRefusedCalls({ folder }: Desk): void {
  mkdirSync(join(folder, 'bin'))
  const script = `#!/bin/sh
PATH=\${PATH#*:}
answer=$(mktemp)
for attempt in 1 2 3 4 5; do
  curl "$@" > "$answer" && code=0 || code=$?
  { [ $code = 22 ] && grep -q '"status":503' "$answer"; } || break
  sleep "$attempt"
done
cat "$answer"; rm "$answer"
exit $code
`
  writeFileSync(join(folder, 'bin', 'curl'), script, { mode: 0o755 })
}

/** Writes the names of the headers that curl has kept as proxies in Go write them: `Location`, not `location`. */
export function capitalizeHeaders({ folder }: Desk): void {
  const file = join(folder, 'headers')
  const names = /^[\w-]+(?=:)/gm
  const capitalized = (name: string) => name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
  writeFileSync(file, readFileSync(file, 'utf8').replace(names, capitalized))
}

/** Kills a shell and everything that it has started and that is still running. */
export function endGroup({ child }: TestProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
