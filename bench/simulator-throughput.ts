import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * How many contacts, and how many single conversations with their parts, the simulator serves a second over loopback
 * HTTP: it must outrun whatever it measures. Client and simulator share the machine, so other work on it lowers the figure: hence several rounds, each of them shown.
 */

const contacts = 20_000
const conversations = 2_000
const connections = 4
const perPage = 150
const rounds = 5
const roundMs = 2_000
const span = { from: Date.UTC(2024, 0, 1) / 1000, to: Date.UTC(2026, 0, 1) / 1000 }

const main = fileURLToPath(new URL('../simulator/main.js', import.meta.url))
const flags = ['--port', '0', '--contacts', String(contacts), '--rate-limit', '100000000', '--no-oddities']
flags.push('--conversations', String(conversations))
const child = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
const { listening } = JSON.parse(line) as { listening: string }
const agent = new Agent({ keepAlive: true, maxSockets: connections })

interface Page {
  bytes: number
  contacts: number
  cursor: string | undefined
}

const headers = { authorization: 'Bearer simulator-token', 'intercom-version': '2.17' }

/** Asks, and tells the length of the answer with its last bytes. A body makes it a POST. */
function ask(path: string, body?: object): Promise<{ bytes: number; tail: Buffer }> {
  return new Promise((resolve, reject) => {
    const options =
      body === undefined
        ? { method: 'GET', headers }
        : { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } }
    const asked = request(listening + path, { agent, ...options }, (response) => {
      let bytes = 0
      let tail: Buffer = Buffer.alloc(0)
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        tail = chunk.length >= 400 ? chunk : Buffer.concat([tail, chunk])
      })
      response.on('end', () => {
        if (response.statusCode !== 200) return reject(new Error(`status ${response.statusCode}`))
        resolve({ bytes, tail })
      })
    })
    asked.on('error', reject)
    asked.end(body && JSON.stringify(body))
  })
}

/** One page, told from its length and from the envelope behind its records. */
async function search(body: object): Promise<Page> {
  const { bytes, tail } = await ask('/contacts/search', body)
  return { bytes, ...envelopeOf(tail.toString('latin1')) }
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

/** Conversations a second, each read by itself with its parts. */
async function measureConversations(ids: readonly string[]): Promise<number> {
  const started = performance.now()
  const readPart = async (part: number): Promise<void> => {
    for (let place = part; place < ids.length; place += connections) await ask(`/conversations/${ids[place]}`)
  }
  await Promise.all(Array.from({ length: connections }, (_, part) => readPart(part)))
  return Math.round((ids.length * 1000) / (performance.now() - started))
}

/** The ids of all conversations there are. */
async function conversationIds(): Promise<string[]> {
  const truth = await fetch(`${listening}/_simulator/truth?streams=conversations`)
  const lines = (await truth.text()).trimEnd().split('\n')
  return lines.map((text) => (JSON.parse(text) as { id: string }).id)
}

// The first round renders the records and warms the compiler up; it does not count.
await measureRound()
const measured: Round[] = []
for (let round = 0; round < rounds; round++) measured.push(await measureRound())
const rates = measured.map(({ contactsPerSecond }) => contactsPerSecond).sort((left, right) => left - right)
const [slowest, median, fastest] = [rates[0], rates[Math.floor(rounds / 2)], rates.at(-1)]
const ids = await conversationIds()
await measureConversations(ids)
const conversationsPerSecond = await measureConversations(ids)
const figures = { connections, slowest, median, fastest, conversationsPerSecond, rounds: measured }
process.stdout.write(`${JSON.stringify(figures)}\n`)
agent.destroy()
child.kill('SIGTERM')
await once(child, 'exit')
