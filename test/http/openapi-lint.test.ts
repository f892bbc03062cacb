import t from 'tap'
import { runProcess } from '../support/processes.ts'

t.test('redocly lint finds nothing in openapi.yaml', async (t) => {
  const quiet = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  const lint = runProcess(t, process.execPath, ['node_modules/@redocly/cli/bin/cli.js', 'lint', '--format=json'], quiet)
  t.equal(await lint.exited, 0, lint.stderr())
  t.match(JSON.parse(lint.stdout()), { totals: { errors: 0, warnings: 0 }, problems: [] })
})
