/** The oracle by itself. */
import { resolveCommand } from '../../src/command-line/resolve-command.ts'
import { oracle } from './command.ts'

const resolved = resolveCommand(['oracle', ...process.argv.slice(2)])
if ('text' in resolved) process.stdout.write(resolved.text)
else await oracle(resolved.args)
