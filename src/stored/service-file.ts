import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Type, { type Static } from 'typebox'
import { parseJson } from '../json-object.ts'
import { isValid } from './stored-data.ts'

/**
 * `DATA_DIR/service.json`: the process that runs the embedded Redis of this folder, the address of that Redis, and that
 * of the API. It shows others where to look. The lock beside it decides who owns the folder.
 */
export type ServiceFile = Static<typeof ServiceFileSchema>
const ServiceFileSchema = Type.Object({
  /** Process id of the owner, as its own container counts. */
  pid: Type.Integer(),
  /** Path of Redis's unix socket. */
  socket: Type.String(),
  /**
   * When the owner started, in ticks since the machine did; absent where the kernel does not report it (Linux does).
   */
  startedAt: Type.Optional(Type.String()),
  /** Where the API of the owner listens; absent until it does. */
  url: Type.Optional(Type.String()),
})

/** The path of the file. */
export function serviceFileOf(dataDir: string): string {
  return join(dataDir, 'service.json')
}

/** The file of a folder; undefined when there is none, or something else in its place. */
export async function readServiceFile(dataDir: string): Promise<ServiceFile | undefined> {
  try {
    const content = parseJson(await readFile(serviceFileOf(dataDir)))
    if (!isValid(ServiceFileSchema, content)) return undefined
    const { pid, socket, startedAt, url } = content
    return { pid, socket, ...(startedAt && { startedAt }), ...(url && { url }) }
  } catch {
    return undefined
  }
}

/**
 * Whether the process that wrote the file still runs. Process ids are reused, in a container even the same one at each
 * start. So the start time must match the owner's as well.
 */
export async function isAlive({ pid, startedAt }: ServiceFile): Promise<boolean> {
  return isRunning(pid) && (startedAt === undefined || startedAt === (await readStart(pid)))
}

/** Field 22 of `/proc/<pid>/stat`; the second one is a name in brackets that may contain anything. */
export async function readStart(pid: number): Promise<string | undefined> {
  const fields = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return fields.slice(fields.lastIndexOf(')') + 2).split(' ')[19]
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
