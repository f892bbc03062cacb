import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Real programs that tests put around the service. */
export type DebianProgram = 'nginx' | 'tinyproxy'

const script = pathToFileURL(join(process.cwd(), 'scripts', 'package-copy.js')).href

/**
 * The path of a program: the machine's, else one that is unpacked into `.cache`. Where neither can be had, `skip` says
 * so, as the second argument of a test; `.ci/run` then fails.
 */
export async function debianProgram(name: DebianProgram): Promise<{ path: string; skip: string | false }> {
  const { findOnPath, prepareCopy } = await import(script)
  const places = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin` }
  const path: string | undefined = findOnPath(name, places) ?? prepareCopy(process.cwd(), name)
  return { path: path ?? '', skip: path === undefined && `it needs ${name}` }
}
