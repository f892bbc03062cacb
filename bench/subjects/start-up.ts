import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProcess, type Teardown } from '../../test/support/processes.ts'
import type { Cell, Round } from '../benchmark.ts'
import { costOf } from './process-cost.ts'
import { command, connectorOf, type Program, runProgram } from './program.ts'
import { type MeasuredIntercom, startIntercom } from './simulator.ts'

/** What a command takes that has next to nothing to do. */
export function startUpCell(): Cell {
  return {
    name: 'start-up',
    rounds: 5,
    async open(t) {
      const intercom = await startIntercom(t, { contacts: 10 })
      const programs = programsFor(t, intercom)
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

function programsFor(t: Teardown, intercom: MeasuredIntercom): Record<string, Program> {
  const read = connectorOf(t, intercom, ['tags'])
  const [, , , configFile = ''] = read.args
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
