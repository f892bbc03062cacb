import { readdirSync, readFileSync } from 'node:fs'

/** Ids of the running processes that a process has started itself. */
export function childrenOf(parent: number): number[] {
  return listProcesses().filter((pid) => statusOf(pid)?.split(' ')[1] === String(parent))
}

/** Ids of all processes that this one can see. */
export const listProcesses = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** State and parent of a process, the first two words; undefined when it is gone. */
export function statusOf(pid: number): string | undefined {
  const text = readOf(pid, 'stat')
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2)
}

/** A file of a process in `/proc`; empty when the process is gone. */
export function readOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
