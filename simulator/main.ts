/** The simulator by itself: the entry of its image, and of `npm run simulator`. */
import { resolveCommand } from '../src/command-line/resolve-command.ts'
import { simulate } from './simulate.ts'

const resolved = resolveCommand(['simulator', ...process.argv.slice(2)])
if ('text' in resolved) process.stdout.write(resolved.text)
else await simulate(resolved.args)
