import axios, { AxiosError, type AxiosResponse, CanceledError, type InternalAxiosRequestConfig } from 'axios'
import type { SimulatedIntercom } from '../../simulator/intercom.ts'
import { answerDirectly, type DirectAnswer } from '../../simulator/serving/direct.ts'
import type { Clock } from '../../src/clock.ts'

/** Where a host's requests go. */
export interface Host {
  intercom: SimulatedIntercom
  clock: Clock
  /** How long an answer takes, ms: half of it on the way there. */
  latencyMs: number
  /** Changes an answer on its way back. @defaultValue it stays unchanged */
  alter?: ((answer: DirectAnswer, path: string) => DirectAnswer) | undefined
}

const hosts = new Map<string, Host>()

/** Gives the engine's own client an Intercom in this process. @returns its base URL */
export function openHost(name: string, host: Host): string {
  axios.defaults.adapter = carry
  const baseUrl = `http://${name}.invalid`
  hosts.set(baseUrl, host)
  return baseUrl
}

export function closeHost(baseUrl: string): void {
  hosts.delete(baseUrl)
}

async function carry(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const host = hosts.get(config.baseURL ?? '')
  if (host === undefined) throw new Error(`nobody answers for ${config.baseURL}`)
  const { intercom, clock, latencyMs } = host
  const signal = config.signal as AbortSignal | undefined
  const wait = () =>
    clock.sleep(latencyMs / 2, signal).catch(() => {
      throw new CanceledError()
    })
  await wait()
  const query = new URLSearchParams(config.params as Record<string, string> | undefined).toString()
  const answer = await answerDirectly(intercom, {
    method: (config.method ?? 'get').toUpperCase(),
    url: query === '' ? (config.url ?? '/') : `${config.url}?${query}`,
    headers: Object.fromEntries(
      Object.entries(config.headers.toJSON()).map(([name, value]) => [name.toLowerCase(), String(value)]),
    ),
    body: typeof config.data === 'string' ? (JSON.parse(config.data) as unknown) : undefined,
  })
  const altered = answer && host.alter ? host.alter(answer, config.url ?? '/') : answer
  await wait()
  if (altered === undefined) throw new AxiosError('the connection was cut', 'ECONNRESET', config)
  const { status, headers, body } = altered
  return { status, statusText: '', headers, data: body, config }
}
