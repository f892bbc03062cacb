import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findRedisProgram } from '../../src/redis/redis-program.ts'
import { findFreePort } from './free-port.ts'
import type { Teardown } from './processes.ts'

/** A Sentinel that runs as a process. */
export interface TestSentinel {
  port: number
  /** Resolves with the port of the primary that it has made of a replica. */
  switched: Promise<number>
}

/**
 * Starts a Sentinel that decides alone, and quickly.
 *
 * @param lines of its configuration besides, such as the passwords
 */
export async function startSentinel(t: Teardown, primaryPort: number, lines: string[]): Promise<TestSentinel> {
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-sentinel-'))
  const port = await findFreePort()
  const configuration = [
    'bind 127.0.0.1',
    `dir ${folder}`,
    ...(lines.some((line) => line.startsWith('tls-port')) ? [] : [`port ${port}`]),
    `sentinel monitor mymaster 127.0.0.1 ${primaryPort} 1`,
    'sentinel down-after-milliseconds mymaster 400',
    'sentinel failover-timeout mymaster 4000',
    ...lines.map((line) => line.replace('PORT', String(port))),
  ]
  const file = join(folder, 'sentinel.conf')
  await writeFile(file, `${configuration.join('\n')}\n`)
  const { command } = await findRedisProgram(process.env.PATH ?? '')
  const [program, ...args] = command
  const sentinel = spawn(program, [...args, file, '--sentinel'], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    const gone = once(sentinel, 'exit')
    sentinel.kill('SIGKILL')
    await gone
    await rm(folder, { recursive: true, force: true })
  })
  const output = createInterface({ input: sentinel.stdout })
  const untilLine = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve) => {
      output.on('line', (line) => {
        const found = pattern.exec(line)
        if (found) resolve(found)
      })
    })
  const switched = untilLine(/\+switch-master mymaster \S+ \d+ \S+ (\d+)/).then(([, newPort]) => Number(newPort))
  const knowsReplica = untilLine(/\+slave /)
  await knowsReplica
  return { port, switched }
}
