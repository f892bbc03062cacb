import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { defaultToken } from '../../simulator/options.ts'
import { compiledFile, type Teardown } from '../../test/support/processes.ts'
import { countRecords } from './record-counter.ts'
import type { MeasuredIntercom } from './simulator.ts'

/** A program with its arguments. */
export interface Program {
  args: readonly string[]
  environment: Record<string, string>
  /** Where it runs. @defaultValue here */
  cwd?: string
}

/** One run of a program from its start to its end. */
export interface Run {
  seconds: number
  cpuSeconds: number
  peakMebibytes: number
  records: number
  bytes: number
  /** Ms since the epoch; NaN without records. */
  firstRecordAt: number
}

export const command = fileURLToPath(new URL('../../../bin/intercom-sync', import.meta.url))

/** Of our own programs: `bench/programs/naive-loop.js`. */
export function programOf(file: string, args: readonly string[], { environment }: MeasuredIntercom): Program {
  return { args: [compiledFile(file), ...args], environment }
}

/** Reads these streams with the connector, from the first record that there ever was. */
export function connectorOf(t: Teardown, intercom: MeasuredIntercom, streams: readonly string[]): Program {
  const config = { access_token: defaultToken, start_date: '2010-01-01T00:00:00Z' }
  const catalog = {
    streams: streams.map((name) => ({
      stream: { name, json_schema: {}, supported_sync_modes: ['full_refresh', 'incremental'] },
      sync_mode: 'incremental',
      destination_sync_mode: 'append',
    })),
  }
  const files = writeFiles(t, { config, catalog })
  return {
    args: [command, 'read', ...Object.entries(files).flatMap(([name, path]) => [`--${name}`, path])],
    environment: { ...intercom.environment, INTERCOM_BASE_URL: intercom.url },
  }
}

/** Files of JSON by name, which are removed with `t`. */
export function writeFiles<Name extends string>(t: Teardown, contents: Record<Name, unknown>): Record<Name, string> {
  const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-bench-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const paths = Object.entries(contents).map(([name, content]) => {
    const path = join(folder, `${name}.json`)
    writeFileSync(path, JSON.stringify(content))
    return [name, path]
  })
  return Object.fromEntries(paths) as Record<Name, string>
}

/** Runs a program to its end, and reads what it prints as fast as it comes. @throws Error when its exit code is not 0 */
export async function runProgram({ args, environment, cwd }: Program): Promise<Run> {
  const start = performance.now()
  const child = spawn(process.execPath, ['--import', compiledFile('bench/programs/cost-report.js'), ...args], {
    env: { PATH: process.env.PATH, ...environment },
    ...(cwd !== undefined && { cwd }),
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  })
  let report = ''
  const reports = child.stdio[3] as Readable
  reports.on('data', (chunk: Buffer) => {
    report += chunk.toString()
  })
  const counter = countRecords()
  child.stdout?.on('data', counter.take)
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`)
  const cost = JSON.parse(report) as { cpuSeconds: number; peakMebibytes: number }
  return { seconds: (performance.now() - start) / 1000, ...cost, ...counter.counts() }
}
