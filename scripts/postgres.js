// A Postgres for as long as a script runs, from the distribution's package: the only warehouse of ours that is a server.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

/** There is no Postgres on this machine. */
export class PostgresMissing extends Error {}

const account = { user: 'intercom', password: 'intercom', database: 'intercom' }
const readyMs = 60_000

/**
 * Starts a server with an empty database, in a temporary folder of its own.
 *
 * @returns {Promise<{host: string, port: number, user: string, password: string, database: string, url: string, bin: string, stop: () => Promise<void>}>} how to reach it, and the folder of its programs
 * @throws PostgresMissing when the machine has none
 */
export async function startPostgres() {
  const bin = findPrograms()
  // It refuses to run as root, but runs as anybody else: every Linux has this user.
  const identity = process.getuid?.() === 0 ? identityOf('nobody') : {}
  const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-postgres-'))
  if (identity.uid !== undefined) chownSync(folder, identity.uid, identity.gid)
  const data = join(folder, 'data')
  const secret = join(folder, 'password')
  writeFileSync(secret, account.password, { mode: 0o644 })
  const options = ['--pgdata', data, '--username', account.user, '--pwfile', secret]
  const settings = ['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-sync']
  const made = spawnSync(join(bin, 'initdb'), [...options, ...settings], { ...identity, cwd: folder, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)

  const host = '127.0.0.1'
  const port = await freePort(host)
  const flags = ['-D', data, '-h', host, '-p', String(port), '-k', folder, '-c', 'fsync=off']
  const server = spawn(join(bin, 'postgres'), flags, { ...identity, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(server, 'exit')
  await untilReady(server)
  const url = `postgresql://${account.user}:${account.password}@${host}:${port}/${account.database}`
  const variables = { ...process.env, PGPASSWORD: account.password }
  const created = spawnSync(
    join(bin, 'createdb'),
    ['-h', host, '-p', String(port), '-U', account.user, account.database],
    { env: variables, encoding: 'utf8' },
  )
  if (created.status !== 0) throw new Error(`createdb failed: ${created.stderr}`)
  return {
    host,
    port,
    ...account,
    url,
    bin,
    async stop() {
      // Fast shutdown: open sessions are ended.
      server.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

/** The folder of initdb and postgres. Debian keeps them off the PATH, one folder for each version. */
function findPrograms() {
  const versions = '/usr/lib/postgresql'
  const own = existsSync(versions) ? readdirSync(versions).toSorted((one, other) => Number(other) - Number(one)) : []
  const folders = [
    ...own.map((version) => join(versions, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
  ]
  const found = folders.find((folder) =>
    ['initdb', 'postgres', 'createdb'].every((name) => existsSync(join(folder, name))),
  )
  if (found === undefined) throw new PostgresMissing('there is no Postgres (on Debian: apt-get install postgresql)')
  return found
}

function identityOf(user) {
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout))
  return { uid, gid }
}

async function freePort(host) {
  const probe = createServer().listen(0, host)
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

/** Its log goes to stderr; one line of it says that it takes connections. */
async function untilReady(server) {
  const told = []
  const timer = setTimeout(() => server.kill('SIGKILL'), readyMs)
  const lines = createInterface({ input: server.stderr })
  const isReady = await new Promise((resolve) => {
    lines.on('line', (line) => {
      told.push(line)
      if (line.includes('ready to accept connections')) resolve(true)
    })
    lines.on('close', () => resolve(false))
  })
  clearTimeout(timer)
  if (!isReady) throw new Error(`Postgres does not start: ${told.slice(-5).join('\n')}`)
}
