// Sends requests that Schemathesis draws from openapi.yaml to a service on a simulated Intercom:
//   npm run fuzz-api -- [--seed N] [--examples N] [--write]
// No answer may be a 5xx, or one that the description does not have. --write writes docs/evidence/fuzz-api.md.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildSimulator } from '../dist/simulator/app.js'
import { startService } from '../dist/simulator/demo/service-process.js'
import { prepareClients } from './client-environment.js'

const root = join(import.meta.dirname, '..')
const minutes = 5

/** What an answer is held against. Whether a right request is taken is not among them: a drawn token is not a token. */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
]

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    examples: { type: 'string', default: '60' },
    write: { type: 'boolean', default: false },
  },
})

const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-fuzz-'))
const simulator = buildSimulator({ contacts: 20, companies: 5, conversations: 5, rateLimitPerWindow: 100_000 })
const stop = new AbortController()
const complaints = []
try {
  const python = prepareClients(root, 'fuzz')
  const service = await startService({
    command: [join(root, 'bin', 'intercom-sync'), 'serve', '--with-parent'],
    intercom: await simulator.app.listen({ host: '127.0.0.1', port: 0 }),
    dataDir: join(folder, 'data'),
    environment: process.env,
    onLine: (line) => complaints.push(line),
    signal: stop.signal,
  })
  await warmUp(service.address)
  const result = await fuzz(python, service.address)
  const health = await fetch(`${service.address}/health/ready`)
  await service.stop()
  const isRight = result.code === 0 && health.status === 200
  process.stdout.write(`${complaints.join('\n')}\nfuzz-api: ${isRight ? 'right' : 'WRONG'}, seed ${values.seed}\n`)
  if (values.write) writeEvidence(isRight, result.said)
  process.exitCode = isRight ? 0 : 1
} finally {
  stop.abort()
  await simulator.app.close()
  rmSync(folder, { recursive: true, force: true })
}

/** One sync, so that a busy machine's slow start is not taken for a fault of the first request. */
async function warmUp(service) {
  for (;;) {
    const response = await fetch(`${service}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
      body: JSON.stringify({ config: { access_token: 'simulator-token' } }),
    })
    await response.arrayBuffer()
    if (response.ok) return
  }
}

async function fuzz(python, service) {
  const options = [
    ...['--url', service, '--checks', checks.join(), '--seed', values.seed, '--max-examples', values.examples],
    // Below the limit of the service, whose 429 would hide everything else.
    ...['--rate-limit', '1100/m', '--request-timeout', '20', '--workers', '1', '--no-color'],
  ]
  const child = spawn(join(dirname(python), 'schemathesis'), ['run', join(root, 'openapi.yaml'), ...options], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, COLUMNS: '120' },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: minutes * 60_000,
    killSignal: 'SIGINT',
  })
  let said = ''
  child.stdout.on('data', (piece) => {
    said += piece
    process.stdout.write(piece)
  })
  const [code] = await once(child, 'close')
  return { code, said }
}

function writeEvidence(isRight, said) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
  const summary = said.slice(Math.max(0, said.search(/^=+ SUMMARY/m))).trim()
  const lines = [
    '# Fuzzing the API',
    '',
    '`npm run fuzz-api -- --write`: Schemathesis draws requests from `openapi.yaml`, right and wrong ones, and sends them, alone and in sequences, to a service with a worker on a simulated Intercom. Each answer is held against the description: status, type, headers, body. A 5xx fails.',
    '',
    `- Date: ${new Date().toISOString().slice(0, 10)}, commit ${commit}`,
    `- Machine: ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
    `- Seed ${values.seed}, ${values.examples} examples per call at most, ${minutes} minutes at most`,
    `- Result: ${isRight ? 'right' : 'WRONG'}; the service answered and was ready at the end`,
    '',
    '```',
    summary,
    '```',
    '',
  ]
  writeFileSync(join(root, 'docs', 'evidence', 'fuzz-api.md'), lines.join('\n'))
}
