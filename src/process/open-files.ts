import { readFile } from 'node:fs/promises'

/** Each job may hold forty connections to Intercom; the API has one for each reader. */
const leastOpenFiles = 1024

/** A warning when this process may have too few open files; undefined where the system tells no limit. */
export async function judgeOpenFiles(): Promise<string | undefined> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  // Node has raised the soft limit to the hard one.
  const limit = Number(limits.match(/^Max open files\s+(\d+)/m)?.[1] ?? Infinity)
  if (limit >= leastOpenFiles) return undefined
  return (
    `this process may have only ${limit} files open, connections included: raise the limit to ${leastOpenFiles} or more ` +
    '(ulimit -n; LimitNOFILE= in systemd, --ulimit nofile= in Docker), else jobs and callers fail with EMFILE'
  )
}
