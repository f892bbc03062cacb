import { type AxiosAdapter, AxiosError, AxiosHeaders, CanceledError } from 'axios'
import type { Simulator } from '../../simulator/app.ts'
import { answerDirectly, type DirectAnswer, type DirectRequest } from '../../simulator/serving/direct.ts'
import type { AdapterAnswer } from '../../src/intercom/http-adapter.ts'
import type { Teardown } from './processes.ts'

/** The simulators of this process, by the address on which they listen. */
const reachable = new Map<string, Simulator>()

/** Lets the engine of this process ask a simulator without a socket, until the test ends. */
export function reachInProcess(t: Teardown, url: string, simulator: Simulator): void {
  reachable.set(url, simulator)
  t.teardown(() => reachable.delete(url))
}

/**
 * Carries requests to a simulator of this process: a socket would double the price of every answer. Undefined when
 * something else listens there, or nothing any more.
 */
export function inProcessAdapter(url: string): AxiosAdapter | undefined {
  const simulator = reachable.get(url)
  if (!simulator?.app.server.listening) return undefined
  return async (config) => {
    const signal = config.signal as AbortSignal
    const answer = await untilAborted(signal, async () => {
      await nextTurn()
      const answer = await answerDirectly(simulator, directRequest(config))
      await nextTurn()
      return answer
    })
    if (answer === undefined) throw new AxiosError('the connection was cut', 'ECONNRESET', config)
    const { status, headers, body } = answer
    const data: AdapterAnswer = { body, headers }
    return { status, statusText: '', headers: new AxiosHeaders(), data, config }
  }
}

/** A request as axios hands it to an adapter. */
export function directRequest(config: Parameters<AxiosAdapter>[0]): DirectRequest {
  const query = new URLSearchParams(config.params as Record<string, string> | undefined).toString()
  const headers = Object.entries(config.headers.toJSON())
  return {
    method: (config.method ?? 'get').toUpperCase(),
    url: query === '' ? (config.url ?? '/') : `${config.url}?${query}`,
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), String(value)])),
    body: typeof config.data === 'string' ? (JSON.parse(config.data) as unknown) : undefined,
  }
}

/** Requests that are under way together are answered in between each other, as on sockets. */
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Like a client that leaves: what it asked for goes on, and nobody hears of it. */
async function untilAborted(
  signal: AbortSignal,
  work: () => Promise<DirectAnswer | undefined>,
): Promise<DirectAnswer | undefined> {
  if (signal.aborted) throw new CanceledError()
  let leave: () => void = () => undefined
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(new CanceledError())
  })
  signal.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([work(), left])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
