import { type AxiosAdapter, AxiosError, AxiosHeaders, CanceledError } from 'axios'
import type { SimulatedIntercom } from '../../simulator/intercom.ts'
import { answerDirectly, type DirectAnswer } from '../../simulator/serving/direct.ts'
import type { Clock } from '../../src/clock.ts'
import type { AdapterAnswer } from '../../src/intercom/http-adapter.ts'
import { directRequest } from './in-process-intercom.ts'

/** Where requests go. */
export interface Host {
  intercom: SimulatedIntercom
  clock: Clock
  /** How long an answer takes, ms: half of it on the way there. */
  latencyMs: number
  /** Changes an answer on its way back. @defaultValue it stays unchanged */
  alter?: ((answer: DirectAnswer, path: string) => DirectAnswer) | undefined
}

/** Gives the engine's own client an Intercom in this process. */
export function carryTo(host: Host): AxiosAdapter {
  const { intercom, clock, latencyMs } = host
  return async (config) => {
    const signal = config.signal as AbortSignal | undefined
    const wait = () =>
      clock.sleep(latencyMs / 2, signal).catch(() => {
        throw new CanceledError()
      })
    await wait()
    const answer = await answerDirectly(intercom, directRequest(config))
    const altered = answer && host.alter ? host.alter(answer, config.url ?? '/') : answer
    await wait()
    if (altered === undefined) throw new AxiosError('the connection was cut', 'ECONNRESET', config)
    const { status, headers, body } = altered
    const data: AdapterAnswer = { body, headers }
    return { status, statusText: '', headers: new AxiosHeaders(), data, config }
  }
}
