import { readFileSync } from 'node:fs'
import type { TestProcess } from '../../test/support/processes.ts'

export interface ProcessCost {
  cpuSeconds: number
  /** The most memory that it has held, MiB. */
  peakMebibytes: number
}

/** What a running process has cost so far. Linux counts CPU in hundredths of a second. */
export function costOf({ child: { pid } }: Pick<TestProcess, 'child'>): ProcessCost {
  const [, text = ''] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')
  const [user = 0, system = 0] = text.split(' ').slice(11, 13).map(Number)
  const [, kibibytes = ''] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return { cpuSeconds: (user + system) / 100, peakMebibytes: Number(kibibytes) / 1024 }
}
