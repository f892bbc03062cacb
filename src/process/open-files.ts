import { readFile } from 'node:fs/promises'

/** Connections to Intercom that one job may hold. */
const filesOfJob = 40

/** The API has a connection for each reader. */
const leastOpenFiles = 1024

/** For connections to Redis, the log, the files of long logs, and programs that the service runs. */
const otherFiles = 128

/** More sockets than these take more memory than they are worth. */
const mostSockets = 10_000

/** A warning when this process may have too few open files; undefined where the system tells no limit. */
export async function judgeOpenFiles(): Promise<string | undefined> {
  const limit = await readLimit()
  if (limit >= leastOpenFiles) return undefined
  return (
    `this process may have only ${limit} files open, connections included: raise the limit to ${leastOpenFiles} or more ` +
    '(ulimit -n; LimitNOFILE= in systemd, --ulimit nofile= in Docker), else jobs and callers fail with EMFILE'
  )
}

/**
 * How many callers may be connected, so that file handles are left for everything else: a quarter of all at least.
 *
 * @param jobs that this process works on at most
 */
export async function roomForSockets(jobs: number): Promise<number> {
  const limit = await readLimit()
  const left = Math.max(limit - otherFiles - jobs * filesOfJob, Math.floor(limit / 4))
  return Math.min(left, mostSockets)
}

/** Infinity where the system tells none. */
async function readLimit(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  // Node has raised the soft limit to the hard one.
  return Number(limits.match(/^Max open files\s+(\d+)/m)?.[1] ?? Number.POSITIVE_INFINITY)
}
