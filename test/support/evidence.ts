import { cpus, release, totalmem, type } from 'node:os'

export const told = (count: number): string => count.toLocaleString('en-US')

/** The machine that measures. */
export const machine = (): string =>
  `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${type()} ${release()}`

/** When and on which machine something was measured, as lines of a list. */
export function dayAndMachine(): string[] {
  return [`- Date: ${new Date().toISOString().slice(0, 10)}`, `- Machine: ${machine()}`]
}
