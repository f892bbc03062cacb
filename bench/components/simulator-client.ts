import { Agent, request } from 'node:http'
import { defaultToken } from '../../simulator/options.ts'
import type { Teardown } from '../../test/support/processes.ts'
import { noLimit, startIntercom } from '../subjects/simulator.ts'

const connections = 4
const perPage = 150
const span = { from: Date.UTC(2024, 0, 1) / 1000, to: Date.UTC(2026, 0, 1) / 1000 }
const headers = { authorization: `Bearer ${defaultToken}`, 'intercom-version': '2.17' }

/** A simulator, and a client that does nothing with its answers but take them. */
export async function openSimulatorClient(t: Teardown, workspace: { contacts: number; conversations: number }) {
  const { url } = await startIntercom(t, { ...workspace, rateLimitPerWindow: noLimit })
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  t.teardown(() => agent.destroy())
  const ids = await conversationIds(url)

  /** Asks, and tells the length of the answer with its last bytes. A body makes it a POST. */
  function ask(path: string, body?: object): Promise<{ bytes: number; tail: Buffer }> {
    return new Promise((resolve, reject) => {
      const options =
        body === undefined
          ? { method: 'GET', headers }
          : { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } }
      const asked = request(url + path, { agent, ...options }, (response) => {
        let bytes = 0
        let tail: Buffer = Buffer.alloc(0)
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          tail = chunk.length >= 400 ? chunk : Buffer.concat([tail, chunk])
        })
        response.on('end', () => {
          if (response.statusCode !== 200) return reject(new Error(`${path}: status ${response.statusCode}`))
          resolve({ bytes, tail })
        })
      })
      asked.on('error', reject)
      asked.end(body && JSON.stringify(body))
    })
  }

  /** One connection walks its share of the time range. @returns bytes */
  async function walk(part: number): Promise<number> {
    const width = (span.to - span.from) / connections
    const bound = (operator: string, place: number): object => ({
      field: 'updated_at',
      operator,
      value: Math.floor(span.from + place * width),
    })
    const query = { operator: 'AND', value: [bound('>', part), bound('<', part + 1)] }
    const sort = { field: 'updated_at', order: 'ascending' }
    let total = 0
    let cursor: string | undefined
    do {
      const pagination = { per_page: perPage, ...(cursor === undefined ? {} : { starting_after: cursor }) }
      const { bytes, tail } = await ask('/contacts/search', { query, sort, pagination })
      // The envelope stands behind the records.
      cursor = /"starting_after":"([^"]+)"/.exec(tail.toString('latin1'))?.[1]
      total += bytes
    } while (cursor !== undefined)
    return total
  }

  const readConversations = async (part: number): Promise<void> => {
    for (let place = part; place < ids.length; place += connections) await ask(`/conversations/${ids[place]}`)
  }

  const inParts = <Result>(read: (part: number) => Promise<Result>): Promise<Result[]> =>
    Promise.all(Array.from({ length: connections }, (_, part) => read(part)))

  return {
    async readAll() {
      const start = performance.now()
      const bytes = await inParts(walk)
      const middle = performance.now()
      await inParts(readConversations)
      return {
        bytes: bytes.reduce((sum, count) => sum + count, 0),
        contactSeconds: (middle - start) / 1000,
        conversationSeconds: (performance.now() - middle) / 1000,
      }
    },
  }
}

/** The ids of all conversations there are. */
async function conversationIds(url: string): Promise<string[]> {
  const truth = await fetch(`${url}/_simulator/truth?streams=conversations`)
  const lines = (await truth.text()).trimEnd().split('\n')
  return lines.filter((line) => line !== '').map((text) => (JSON.parse(text) as { id: string }).id)
}
