import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { runProcess } from './support/processes.ts'

const bundle = join(process.cwd(), 'dist', 'bundle', 'product')

t.test(
  'every file of the bundle that ships can be loaded',
  { skip: existsSync(bundle) ? false : 'it needs dist/bundle' },
  async (t) => {
    const files = (readdirSync(bundle, { recursive: true }) as string[]).filter((file) => file.endsWith('.js'))
    t.ok(files.length > 10)
    const imports = files.map((file) => `await import('${pathToFileURL(join(bundle, file)).href}')`)
    const program = runProcess(t, process.execPath, [
      '--input-type=module',
      '-e',
      `${imports.join(';')}; process.exit()`,
    ])
    t.equal(await program.exited, 0, program.stderr())
    t.ok(files.includes(join('src', 'server.js')))
  },
)
