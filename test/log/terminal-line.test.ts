import t from 'tap'
import { toTerminalLine } from '../../src/log/terminal-line.ts'
import { runProcess } from '../support/processes.ts'
import { withTools } from '../support/tools.ts'

const time = new Date(2026, 0, 2, 3, 4, 5).getTime()
const line = (entry: object) =>
  toTerminalLine(JSON.stringify({ level: 30, time, pid: 1, hostname: 'h', ...entry }), false)

t.test('a line of the log is for people: the time, the level, the words, then what belongs to them', async (t) => {
  t.equal(
    line({ jobId: 7, status: 'succeeded', msg: 'job ended' }),
    '03:04:05 INFO  job ended  jobId=7 status=succeeded\n',
  )
  t.equal(line({ level: 40, msg: 'odd', words: 'two words' }), '03:04:05 WARN  odd  words="two words"\n')
  t.equal(line({ level: 50, cursors: { tags: 'x' } }), '03:04:05 ERROR  cursors={"tags":"x"}\n')
  t.ok(toTerminalLine(JSON.stringify({ level: 50, time, msg: 'bad' }), true).includes('\u001b[31mERROR'))
})

t.test('stacks follow on lines of their own', async (t) => {
  const err = { name: 'Error', message: 'torn', stack: 'Error: torn\n    at here' }
  t.equal(
    line({ level: 60, msg: 'end', err }),
    '03:04:05 FATAL end  err={"name":"Error","message":"torn"}\n    Error: torn\n    at here\n',
  )
})

t.test("somebody else's text cannot steer the terminal", async (t) => {
  const shown = line({ msg: 'a\u001b[2Jb', detail: 'c\u001b]0;d\u0007\r\n' })
  t.notMatch(shown.trimEnd(), /\p{Cc}/u)
})

t.test('what is no line of the log stays', async (t) => {
  t.equal(toTerminalLine('plain\n', false), 'plain\n')
})

const program = `
import { openStderr } from './dist/src/log/stderr.js'
import { createLogger } from './dist/src/logger.js'
createLogger('info', openStderr()).warn({ jobId: 7 }, 'seen')
`
const node = [process.execPath, '--input-type=module', '-e', program]

t.test('a process writes JSON, and lines for people where stderr is a terminal', withTools('python3'), async (t) => {
  const [command = '', ...args] = node
  const plain = runProcess(t, command, args)
  t.equal(await plain.exited, 0)
  t.match(JSON.parse(plain.stderr()), { level: 40, jobId: 7, msg: 'seen' })

  const spawn = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)'
  const terminal = runProcess(t, 'python3', ['-c', spawn, ...node])
  t.equal(await terminal.exited, 0)
  t.match(terminal.stdout(), /^\d\d:\d\d:\d\d \S*WARN.* seen {2}jobId=7\r?\n$/)
})
