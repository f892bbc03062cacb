import { stat } from 'node:fs/promises'

/**
 * A problem with who may read the keys and write beside them. Only modes are checked: in containers root owns much, and
 * a volume's group (`fsGroup`) may read.
 */
export interface ModeProblem {
  /** A fault ends the start; a warning is logged. */
  severity: 'fault' | 'warning'
  /** Names the command that fixes the problem. */
  message: string
}

const others = 0o007
const group = 0o070
const writableByOthers = 0o022

/** @param path of `keys.json` */
export async function judgeKeyFile(path: string): Promise<ModeProblem[]> {
  const { mode } = await stat(path)
  const mend = `chmod 600 ${path}`
  if (mode & others) return [{ severity: 'fault', message: `${path} is open to every user of this machine: ${mend}` }]
  if (mode & group)
    return [{ severity: 'warning', message: `${path} is open to its group; unless that is meant: ${mend}` }]
  return []
}

export async function judgeDataDir(dataDir: string): Promise<ModeProblem[]> {
  const { mode } = await stat(dataDir)
  if (!(mode & writableByOthers)) return []
  return [
    {
      severity: 'warning',
      message: `DATA_DIR ${dataDir} can be written by others than its owner: chmod go-w ${dataDir}`,
    },
  ]
}
