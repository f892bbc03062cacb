import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Clock } from '../clock.ts'
import { writingTo } from '../folder-faults.ts'
import { createRedisClients } from './redis.ts'
import type { RedisProgram } from './redis-program.ts'
import { claimDataDir, type OwnedDataDir } from './service-file.ts'
import { findSnapshot, keepRestored, type SnapshotPlace } from './snapshot.ts'
import { makeSocketFolder } from './socket-folder.ts'

/** The Redis of a service without `REDIS_URL`. */
interface EmbeddedRedis {
  socket: string
  /** Process id of the shell that guards it. */
  pid: number
  /** Resolves with a description when Redis ends without being asked to. */
  died: Promise<string>
  /** What happened to a `dump.rdb` in the folder. */
  snapshot: SnapshotPlace
  /** Ends Redis after its data is flushed, and releases the folder. */
  stop(): Promise<void>
}

interface EmbeddedRedisOptions {
  /** Redis keeps its data in `redis/` below it. */
  dataDir: string
  program: RedisProgram
  clock: Clock
}

/**
 * Guards Redis: it ends Redis when the pipe on its standard input closes. The kernel closes it however our process
 * dies, even by SIGKILL. SIGTERM lets Redis flush its append-only file. Descriptor 3 holds the lock on DATA_DIR. Redis
 * has it too, so that nobody else gets the folder before Redis has released its files.
 */
const guard = `
folder=$1
shift
exec 4<&0
"$@" 4<&- </dev/null &
server=$!
exec 3<&-
(while read -r line; do :; done <&4; kill -TERM "$server") &
watcher=$!
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
rm -f "$folder/redis.sock"
rmdir "$folder" 2>/dev/null
exit "$code"
`

/** Lines of Redis's own log shown when it does not start. */
const shownLogLines = 5

/**
 * Starts Redis on a unix socket, with an append-only file in `dataDir`.
 *
 * @throws DataDirInUseError; FolderError when a folder cannot be written to
 */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const { dataDir, clock } = options
  const socketDir = await makeSocketFolder(dataDir)
  const socket = join(socketDir, 'redis.sock')
  let owned: OwnedDataDir | undefined
  let endRedis = async () => {}
  const giveUp = async () => {
    await endRedis()
    await owned?.release()
    await rm(socketDir, { recursive: true, force: true })
  }
  try {
    const directory = join(dataDir, 'redis')
    owned = await writingTo('DATA_DIR', dataDir, () => claimDataDir(dataDir, { pid: process.pid, socket }, clock))
    await writingTo('DATA_DIR', dataDir, () => mkdir(directory, { recursive: true, mode: 0o700 }))
    const snapshot = options.program.keepsData ? findSnapshot(directory) : 'none'
    const appendonly = snapshot === 'alone' ? 'no' : 'yes'
    const command = [...options.program.command, ...serverArguments(socket, directory, appendonly)]
    const shell = spawnGuarded(socketDir, command, owned.lockDescriptor)
    const exited = once(shell, 'exit')
    endRedis = async () => {
      shell.stdin?.destroy()
      await exited
    }
    await untilReady(shell, exited)
    if (snapshot === 'alone') await restore(socket, directory, clock)
    let stopping = false
    const died = new Promise<string>((resolve) => {
      shell.once('exit', (code, signal) => {
        if (!stopping) resolve(`the embedded Redis ended (${signal ?? `exit code ${code}`})`)
      })
    })
    return {
      socket,
      pid: shell.pid ?? 0,
      died,
      snapshot,
      async stop() {
        stopping = true
        await giveUp()
      },
    }
  } catch (error) {
    await giveUp()
    throw error
  }
}

function serverArguments(socket: string, directory: string, appendonly: 'yes' | 'no'): string[] {
  const settings: Record<string, string> = {
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir: directory,
    save: '',
    appendonly,
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  }
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
}

/** Redis is in its own process group, so that Ctrl-C in a terminal reaches only us and Redis outlives our shutdown. */
function spawnGuarded(socketDir: string, command: string[], lockDescriptor: number): ChildProcess {
  const shell = spawn('sh', ['-c', guard, 'sh', socketDir, ...command], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', lockDescriptor],
  })
  // The pipe breaks when Redis ends before us; 'exit' reports that.
  shell.stdin?.on('error', () => undefined)
  return shell
}

async function restore(socket: string, directory: string, clock: Clock): Promise<void> {
  const clients = createRedisClients({ socket }, () => undefined)
  try {
    await keepRestored(clients.connect('waitForever'), directory, clock)
  } finally {
    clients.close()
  }
}

/** @throws Error with the end of Redis's log when it ends before it is ready */
async function untilReady(shell: ChildProcess, exited: Promise<unknown>): Promise<void> {
  const log: string[] = []
  const ready = new Promise<void>((resolve) => {
    const take = (line: string) => {
      if (log.push(line) > shownLogLines) log.shift()
      if (/ready to accept connections/i.test(line)) resolve()
    }
    for (const output of [shell.stdout, shell.stderr]) if (output) readLines(output, take)
  })
  await Promise.race([
    ready,
    exited.then(() => {
      throw new Error(`The embedded Redis did not start. Its last words:\n${log.join('\n')}`)
    }),
  ])
}

/** Reads to the end: a full pipe would hold Redis up. */
function readLines(output: Readable, take: (line: string) => void): void {
  createInterface({ input: output }).on('line', take)
}
