import { readFileSync } from 'node:fs'
import t from 'tap'
import { commandNames, formOf } from '../../src/command-line/commands.ts'
import { exitCodes } from '../../src/command-line/exit-code.ts'
import { readArguments } from '../../src/command-line/read-arguments.ts'
import { resolveCommand } from '../../src/command-line/resolve-command.ts'
import { readBlocks } from '../support/documents.ts'

const document = readFileSync('docs/command-line.md', 'utf8')

t.test('docs/command-line.md has a row for each command, and no other', async (t) => {
  const rows = [...document.matchAll(/^\| `([a-z][^`]*)` +\| [A-Z]/gm)].map(([, command]) => command)
  t.same(
    rows,
    commandNames.map((name) => [name, ...(formOf(name).operands ?? [])].join(' ')),
  )
})

t.test('docs/command-line.md explains each exit code', async (t) => {
  const rows = [...document.matchAll(/^\| (\d) +\| `(\w+)` +\| \S/gm)].map(([, code, name]) => [name, Number(code)])
  t.same(Object.fromEntries(rows), exitCodes)
})

t.test('the lines of docs/command-line.md are command lines that there are', async (t) => {
  const lines = readBlocks('docs/command-line.md')
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.trimEnd().split('\n'))
  t.ok(lines.length >= 3)
  for (const line of lines) {
    const [program, ...words] = line.replace(/ [>&].*/, '').split(' ')
    t.equal(program, 'intercom-sync')
    const resolved = resolveCommand(words)
    if (!('command' in resolved)) return t.fail(`${line} is no command`)
    t.doesNotThrow(() => readArguments(resolved.command, resolved.args), line)
  }
})
