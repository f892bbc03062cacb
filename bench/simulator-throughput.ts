import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * How many contacts a second the simulator serves over loopback HTTP: it must outrun whatever it measures. Client and
 * simulator share the machine, so other work on it lowers the figure: hence several rounds, each of them shown.
 */

const contacts = 20_000
const connections = 4
const perPage = 150
const rounds = 5
const roundMs = 2_000
const span = { from: Date.UTC(2024, 0, 1) / 1000, to: Date.UTC(2026, 0, 1) / 1000 }

const main = fileURLToPath(new URL('../simulator/main.js', import.meta.url))
const flags = ['--port', '0', '--contacts', String(contacts), '--rate-limit', '100000000', '--no-oddities']
const child = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
const { listening } = JSON.parse(line) as { listening: string }
const agent = new Agent({ keepAlive: true, maxSockets: connections })

interface Page {
  bytes: number
  contacts: number
  cursor: string | undefined
}

/** One page, told from its length and from the envelope behind its records. */
function search(body: object): Promise<Page> {
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
        resolve({ bytes, ...envelopeOf(tail.toString('latin1')) })
      })
    })
    asked.on('error', reject)
    asked.end(JSON.stringify(body))
  })
}

function envelopeOf(tail: string): Omit<Page, 'bytes'> {
  const cursor = /"starting_after":"([^"]+)"/.exec(tail)?.[1]
  const total = Number(/"total_count":(\d+),"pages":\{"type":"pages"/.exec(tail)?.[1])
  return { cursor, contacts: cursor === undefined && total > 0 ? total % perPage || perPage : perPage }
}

/** One connection walks its quarter of the time range again and again. */
async function walk(part: number, until: number, seen: (page: Page) => void): Promise<void> {
  const width = (span.to - span.from) / connections
  const bound = (operator: string, place: number): object => ({
    field: 'updated_at',
    operator,
    value: Math.floor(span.from + place * width),
  })
  const query = { operator: 'AND', value: [bound('>', part), bound('<', part + 1)] }
  let cursor: string | undefined
  while (performance.now() < until) {
    const pagination = { per_page: perPage, ...(cursor === undefined ? {} : { starting_after: cursor }) }
    const page = await search({ query, sort: { field: 'updated_at', order: 'ascending' }, pagination })
    cursor = page.cursor
    seen(page)
  }
}

interface Round {
  contactsPerSecond: number
  megabytesPerSecond: number
}

async function measureRound(): Promise<Round> {
  let served = 0
  let bytes = 0
  const started = performance.now()
  const seen = (page: Page): void => {
    served += page.contacts
    bytes += page.bytes
  }
  await Promise.all(Array.from({ length: connections }, (_, part) => walk(part, started + roundMs, seen)))
  const seconds = (performance.now() - started) / 1000
  return {
    contactsPerSecond: Math.round(served / seconds),
    megabytesPerSecond: Math.round(bytes / seconds / 1e6),
  }
}

// The first round renders the records and warms the compiler up; it does not count.
await measureRound()
const measured: Round[] = []
for (let round = 0; round < rounds; round++) measured.push(await measureRound())
const rates = measured.map(({ contactsPerSecond }) => contactsPerSecond).sort((left, right) => left - right)
const [slowest, median, fastest] = [rates[0], rates[Math.floor(rounds / 2)], rates.at(-1)]
process.stdout.write(`${JSON.stringify({ connections, slowest, median, fastest, rounds: measured })}\n`)
agent.destroy()
child.kill('SIGTERM')
await once(child, 'exit')
