import type { Server } from 'node:http'
import { type AxiosAdapter, AxiosError, AxiosHeaders, CanceledError } from 'axios'
import type { DirectAnswer, DirectRequest } from '../../simulator/serving/direct.ts'
import type { AdapterAnswer } from '../../src/intercom/http-adapter.ts'
import type { Teardown } from './processes.ts'

/** Gives the answer that a socket would bring; undefined when the connection is cut. */
export type AnswerDirectly = (request: DirectRequest) => Promise<DirectAnswer | undefined>

/** What can be asked in this process, by the address on which it listens. */
const reachable = new Map<string, { server: Server; answer: AnswerDirectly }>()

/** Lets the engine of this process ask what listens there without a socket, until the test ends. */
export function reachInProcess(t: Teardown, url: string, server: Server, answer: AnswerDirectly): void {
  reachable.set(url, { server, answer })
  t.teardown(() => reachable.delete(url))
}

/**
 * Carries requests to what can be asked in this process: a socket would double the price of every answer. Undefined when
 * something else listens there, or nothing any more.
 */
export function inProcessAdapter(url: string): AxiosAdapter | undefined {
  const reached = reachable.get(url)
  return reached?.server.listening ? inProcessAdapterTo(reached.answer) : undefined
}

export function inProcessAdapterTo(answerTo: AnswerDirectly): AxiosAdapter {
  return async (config) => {
    const signal = config.signal as AbortSignal
    const answer = await untilAborted(signal, async () => {
      await nextTurn()
      const answer = await answerTo(directRequest(config))
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
