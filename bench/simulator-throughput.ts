import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** How many contacts a second the simulator serves over loopback HTTP: it must outrun whatever it measures. */

const contacts = 20_000
const connections = 4
const warmUpMs = 1_000
const measuredMs = 4_000
const span = { from: Date.UTC(2024, 0, 1) / 1000, to: Date.UTC(2026, 0, 1) / 1000 }

const main = fileURLToPath(new URL('../simulator/main.js', import.meta.url))
const flags = ['--port', '0', '--contacts', String(contacts), '--rate-limit', '100000000', '--no-oddities']
const child = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
const { listening } = JSON.parse(line) as { listening: string }
const agent = new Agent({ keepAlive: true, maxSockets: connections })

/** Bytes of one page and the cursor that stands behind its records. */
function search(body: object): Promise<{ bytes: number; cursor: string | undefined }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: 'Bearer simulator-token',
      'content-type': 'application/json',
      'intercom-version': '2.17',
    }
    const asked = request(`${listening}/contacts/search`, { method: 'POST', agent, headers }, (response) => {
      let bytes = 0
      let tail: Buffer = Buffer.alloc(0)
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        tail = chunk.length >= 400 ? chunk : Buffer.concat([tail, chunk])
      })
      response.on('end', () => {
        if (response.statusCode !== 200) return reject(new Error(`status ${response.statusCode}`))
        resolve({ bytes, cursor: /"starting_after":"([^"]+)"/.exec(tail.toString())?.[1] })
      })
    })
    asked.on('error', reject)
    asked.end(JSON.stringify(body))
  })
}

let pages = 0
let bytes = 0
const started = performance.now()

/** One connection walks its quarter of the time range again and again. */
async function walk(part: number): Promise<void> {
  const width = (span.to - span.from) / connections
  const bound = (operator: string, place: number): object => ({
    field: 'updated_at',
    operator,
    value: Math.floor(span.from + place * width),
  })
  const query = { operator: 'AND', value: [bound('>', part), bound('<', part + 1)] }
  let cursor: string | undefined
  while (performance.now() - started < warmUpMs + measuredMs) {
    const pagination = { per_page: 150, ...(cursor === undefined ? {} : { starting_after: cursor }) }
    const page = await search({ query, sort: { field: 'updated_at', order: 'ascending' }, pagination })
    cursor = page.cursor
    if (performance.now() - started < warmUpMs) continue
    pages++
    bytes += page.bytes
  }
}

await Promise.all(Array.from({ length: connections }, (_, part) => walk(part)))
const seconds = measuredMs / 1000
process.stdout.write(
  `${JSON.stringify({
    contactsPerSecond: Math.round((pages * 150) / seconds),
    pagesPerSecond: Math.round(pages / seconds),
    megabytesPerSecond: Math.round(bytes / seconds / 1e6),
    connections,
  })}\n`,
)
agent.destroy()
child.kill('SIGTERM')
await once(child, 'exit')
