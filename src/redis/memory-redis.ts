/**
 * The last resort: a Redis in JavaScript, in memory, as a program that is started like redis-server. A process of its
 * own, since one script can take it long enough to hold up an API in the same process.
 *
 * Of redis-server's arguments it heeds `--unixsocket`. It opens no port: the package's own server would listen on every
 * address of the machine, without a password.
 */
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import {
  attachSession,
  type CommandDefinition,
  createRedisCommandExecutor,
  RedisResult,
  RedisServerState,
  RedisValue,
  SocketConnectionTransport,
} from 'js-redis-server/core'

const socketPath = process.argv[process.argv.indexOf('--unixsocket') + 1] ?? ''

const state = new RedisServerState({ databaseCount: 1 })
const executor = createRedisCommandExecutor()
tellUptime(executor.getCommandDefinition('info'))
const server = createServer((socket) => {
  attachSession(new SocketConnectionTransport(socket), { state, executor })
})
// Like redis-server: removes a socket that a killed one has left, and lets only the owner use ours.
rmSync(socketPath, { force: true })
process.umask(0o077)
server.listen(socketPath, () => process.stdout.write('Ready to accept connections\n'))

/**
 * The package's INFO always says that the server has been up for 0 seconds. The script that looks for jobs whose
 * readers are gone would conclude that no lease could ever have run out.
 */
function tellUptime(info: CommandDefinition | undefined): void {
  if (!info) return
  const tell = info.execute
  const execute: typeof tell = (args, context) => {
    const result = tell(args, context)
    if (!(result instanceof RedisResult) || result.value.kind !== 'bulk-string') return result
    const uptime = `uptime_in_seconds:${Math.floor(process.uptime())}`
    const text = String(result.value.value).replace(/uptime_in_seconds:\d+/, uptime)
    return RedisResult.create(RedisValue.bulkString(Buffer.from(text)))
  }
  Object.assign(info, { execute })
}
