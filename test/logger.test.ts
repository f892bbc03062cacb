import t from 'tap'
import { createLogger } from '../src/logger.ts'

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
