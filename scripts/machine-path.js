// A PATH for a machine that has less than this one.
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Makes a PATH of one folder with links to everything that is on ours, but what a pattern names. Returns the folder.
 *
 * @param {string} folder is made
 * @param {RegExp[]} without
 */
export function makePath(folder, without) {
  mkdirSync(folder)
  for (const place of (process.env.PATH ?? '').split(delimiter).filter((path) => existsSync(path))) {
    for (const name of readdirSync(place)) {
      const link = join(folder, name)
      if (without.some((pattern) => pattern.test(name))) continue
      // As on any PATH, the first one counts.
      try {
        symlinkSync(join(place, name), link)
      } catch {}
    }
  }
  return folder
}
