/** Preloaded into a process, it writes the name of each requested module to stderr. */
import { register } from 'node:module'

const hook = `
import { writeSync } from 'node:fs'
export async function resolve(name, context, next) {
  writeSync(2, 'module ' + name + '\\n')
  return next(name, context)
}
`
register(`data:text/javascript,${encodeURIComponent(hook)}`)
