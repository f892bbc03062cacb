import t from 'tap'
import { createLogger } from '../src/logger.ts'
import { createRedisErrorLog } from '../src/redis/redis-error-log.ts'
import { createManualClock } from './support/manual-clock.ts'

t.test('an error in the log is its texts only, whoever logs it: HTTP libraries hang requests on theirs', async (t) => {
  const lines: string[] = []
  const logger = createLogger('trace', { write: (line) => void lines.push(line) })
  const request = { headers: { authorization: 'Bearer secret-of-a-request' } }
  const error = Object.assign(new Error('no answer', { cause: Object.assign(new Error('reset'), { request }) }), {
    config: request,
  })
  logger.error(error)
  logger.child({}).warn({ err: error }, 'failed')
  t.equal(lines.length, 2)
  for (const line of lines) {
    t.match(JSON.parse(line), { err: { message: 'no answer', stack: /logger\.test/, cause: { message: 'reset' } } })
    t.notMatch(line, /secret-of-a-request/)
  }
})

t.test('what Redis does is logged without a stack trace, an error of ours with it', async (t) => {
  const lines: string[] = []
  const log = createRedisErrorLog(createLogger('warn', { write: (line) => void lines.push(line) }), createManualClock())
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
  for (const error of [new Error('Command timed out'), refused, new Error('ours'), new Error('Command timed out')])
    log(error)
  t.match(
    lines.map((line) => JSON.parse(line).error),
    [
      { message: 'Command timed out', stack: undefined },
      { message: 'connect ECONNREFUSED', stack: undefined },
      { message: 'ours', stack: /logger\.test/ },
    ],
  )
  t.equal(lines.length, 3)
})
