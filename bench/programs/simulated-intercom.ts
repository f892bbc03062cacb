import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { buildSimulator } from '../../simulator/app.ts'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { meetTrouble, type Trouble } from './trouble.ts'

/**
 * The simulator with all its options, which are its first argument as JSON; the second one is what goes wrong, or null.
 * With the paths of a certificate and its key it answers over TLS as well, and with gzip. Lines on stdout say where it
 * listens.
 */
const [options = '{}', trouble = 'null', cert, key] = process.argv.slice(2)
const simulator = buildSimulator(JSON.parse(options) as SimulatorOptions)
const { app } = simulator
const met = JSON.parse(trouble) as Trouble | null
if (met) meetTrouble(simulator, met)

if (cert !== undefined && key !== undefined) {
  const compress = promisify(gzip)
  app.addHook('onSend', async (request, reply, payload) => {
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload
    if (!/\bgzip\b/.test(String(request.headers['accept-encoding']))) return payload
    reply.header('Content-Encoding', 'gzip')
    reply.removeHeader('Content-Length')
    return compress(payload, { level: 1 })
  })
}
const control = await app.listen({ host: '127.0.0.1', port: 0 })
if (cert === undefined || key === undefined) tell({ listening: control })
else {
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
    app.routing(request, response)
  })
  server.listen(0, '127.0.0.1', () => {
    tell({ listening: `https://localhost:${(server.address() as AddressInfo).port}` })
  })
}
tell({ control })

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
