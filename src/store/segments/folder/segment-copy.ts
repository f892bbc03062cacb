import { copyFile, mkdir, readdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Copies all segments below one folder to another. A snapshot of Redis that was made before names none but these, because
 * files are spared for longer than a copy takes. The same name is always the same content.
 */
export async function copySegments(from: string, to: string): Promise<void> {
  const names = await readdir(from, { recursive: true }).catch(() => [])
  for (const name of names.filter((one) => one.endsWith('.segment'))) {
    const target = join(to, name)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    await copyWhole(join(from, name), target)
  }
}

/** Under another name first, so that a copy that breaks off leaves no half file. */
async function copyWhole(source: string, target: string): Promise<void> {
  try {
    await copyFile(source, `${target}.part`)
    await rename(`${target}.part`, target)
  } catch (error) {
    // It was swept away meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
