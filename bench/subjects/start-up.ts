import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultToken } from '../../simulator/options.ts'
import { runProcess } from '../../test/support/processes.ts'
import type { Cell, Round } from '../benchmark.ts'
import { costOf } from './process-cost.ts'
import { command, connectorOf, type Program, runProgram } from './program.ts'
import { runJob, startService } from './service.ts'
import { type MeasuredIntercom, startIntercom } from './simulator.ts'

/** What a command takes that has next to nothing to do. */
export function startUpCell(): Cell {
  return {
    name: 'start-up',
    rounds: 5,
    seconds: 45,
    async open(t) {
      const intercom = await startIntercom(t, { contacts: 10 })
      const { url } = await startService(t, intercom)
      const { jobId } = await runJob(url, { token: defaultToken, streams: ['tags'] })
      const read = connectorOf(t, intercom, ['tags'])
      const [, , , configFile = ''] = read.args
      const programs = { ...programsFor(read, configFile), ...clientsFor(url, jobId, configFile) }
      return async () => {
        const round: [string, Round[string]][] = []
        for (const [name, program] of Object.entries(programs)) {
          const { seconds, cpuSeconds } = await runProgram(program)
          round.push([name, { seconds, cpuSeconds }])
        }
        return Object.fromEntries([...round, ['serve', await startServe(intercom)]])
      }
    },
  }
}

/** The demo, which reads as fast as its simulated Intercom allows, with two windows of it. */
export function demoCell(contacts: number): Cell {
  return {
    name: 'demo',
    seconds: 20,
    async open(t) {
      const cwd = mkdtempSync(join(tmpdir(), 'intercom-sync-bench-'))
      t.teardown(() => rmSync(cwd, { recursive: true, force: true }))
      const program = { args: [command, 'demo', '--contacts', String(contacts)], environment: {}, cwd }
      return async () => {
        const { seconds, cpuSeconds } = await runProgram(program)
        return { demo: { seconds, cpuSeconds } }
      }
    },
  }
}

/** Commands that ask a service. */
function clientsFor(url: string, jobId: number, configFile: string): Record<string, Program> {
  const environment = { INTERCOM_SYNC_URL: url }
  const program = (...args: string[]): Program => ({ args: [command, ...args], environment })
  return {
    'jobs list': program('jobs', 'list'),
    'connections list': program('connections', 'list'),
    watch: program('watch', String(jobId)),
    estimate: program('estimate', '--config', configFile, '--streams', 'contacts'),
  }
}

function programsFor(read: Program, configFile: string): Record<string, Program> {
  const config = ['--config', configFile]
  const { environment } = read
  return {
    node: { args: ['--eval', '0'], environment },
    '--version': { args: [command, '--version'], environment },
    spec: { args: [command, 'spec'], environment },
    check: { args: [command, 'check', ...config], environment },
    discover: { args: [command, 'discover', ...config], environment },
    read,
  }
}

/** The service until it listens, with a Redis of its own. */
async function startServe(intercom: MeasuredIntercom): Promise<Round[string]> {
  const closers: (() => unknown)[] = []
  const t = { teardown: (close: () => unknown) => closers.push(close) }
  const dataDir = mkdtempSync(join(tmpdir(), 'intercom-sync-bench-'))
  closers.push(() => rmSync(dataDir, { recursive: true, force: true }))
  try {
    const start = performance.now()
    const environment = { PORT: '0', DATA_DIR: dataDir, INTERCOM_BASE_URL: intercom.url }
    const service = runProcess(t, process.execPath, [command, 'serve'], environment)
    await service.untilLine(/^intercom-sync listens on/)
    const seconds = (performance.now() - start) / 1000
    const { cpuSeconds } = costOf(service)
    await service.end('SIGTERM')
    return { seconds, cpuSeconds }
  } finally {
    for (const close of closers.reverse()) await close()
  }
}
