import { connect, type Socket } from 'node:net'
import { buildSimulator } from '../../simulator/app.ts'
import { callMeanwhile, type OthersMet } from './others.ts'
import { startOverloaded } from './service.ts'

export interface CrowdRun {
  others: OthersMet
  /** Mebibytes of the API at most, and before the crowd came. */
  peakMemory: number
  memoryBefore: number
  /** How the API ended, if it did. */
  ended: string | undefined
}

const second = 1000
const everyMs = 50

/** Connections that send nothing, to an API with 1,024 open files. */
export async function idleConnections(dataDir: string, count: number): Promise<CrowdRun> {
  const api = await startOverloaded({ dataDir, role: '--api', openFiles: 1024 })
  const memoryBefore = await api.peakMemory()
  const end = callMeanwhile(api.url, {}, everyMs)
  const sockets = await crowd(api.url, count, '')
  await new Promise((resolve) => setTimeout(resolve, 5 * second))
  const run = { others: await end(), peakMemory: await api.peakMemory(), memoryBefore, ended: api.ended() }
  for (const socket of sockets) socket.destroy()
  await api.stop()
  return run
}

const keyOf = (place: number) => `key-${place}-of-those-who-read-nothing`

/** Readers of a job, of ten API keys, that never read. */
export async function stalledReaders(dataDir: string, count: number): Promise<CrowdRun> {
  const simulator = buildSimulator({ contacts: 20_000, companies: 1, conversations: 1, rateLimitPerWindow: 1_000_000 })
  const intercom = await simulator.app.listen({ host: '127.0.0.1', port: 0 })
  const keys = Array.from({ length: 10 }, (_, place) => keyOf(place))
  const environment = { INTERCOM_BASE_URL: intercom, API_KEYS: keys.map((key) => `default:${key}`).join() }
  const api = await startOverloaded({ dataDir, role: '--api', environment })
  const worker = await startOverloaded({ dataDir, role: '--worker', environment })
  const headers = { authorization: `Bearer ${keyOf(0)}` }
  const jobId = await syncContacts(api.url, headers)
  await worker.stop()
  await simulator.app.close()
  const memoryBefore = await api.peakMemory()
  const end = callMeanwhile(api.url, headers, everyMs)
  const request = (key: string) =>
    `GET /v1/jobs/${jobId}/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`
  const sockets = await crowd(api.url, count, (place) => request(keyOf(place % keys.length)))
  // Time enough to fill what the system keeps for each of them, which takes a gigabyte together.
  await new Promise((resolve) => setTimeout(resolve, 60 * second))
  const run = { others: await end(), peakMemory: await api.peakMemory(), memoryBefore, ended: api.ended() }
  for (const socket of sockets) socket.destroy()
  await api.stop()
  return run
}

/** Connections that are opened one after the other, and from which nobody reads. */
export async function crowd(url: string, count: number, say: string | ((place: number) => string)): Promise<Socket[]> {
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  for (let place = 0; place < count; place++) {
    const socket = connect(Number(port), hostname).on('error', () => undefined)
    const text = typeof say === 'string' ? say : say(place)
    if (text !== '') socket.write(text)
    sockets.push(socket)
    if (place % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return sockets
}

async function syncContacts(url: string, headers: Record<string, string>): Promise<number> {
  const body = JSON.stringify({ config: { access_token: 'simulator-token' }, streams: ['contacts'] })
  const started = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  })
  const { jobId } = (await started.json()) as { jobId: number }
  for (;;) {
    const job = (await (await fetch(`${url}/v1/jobs/${jobId}?wait=50`, { headers })).json()) as { status: string }
    if (job.status === 'succeeded') return jobId
    if (job.status === 'failed') throw new Error('the job failed')
  }
}
