import { get } from 'node:http'

/** What others met while somebody overloaded the service. */
export interface OthersMet {
  calls: number
  /** Answers other than 200, by status or by the error's code. */
  failures: Map<string, number>
  slowestMs: number
}

/** Calls again and again, each time over a new connection, until it is asked for the result. */
export function callMeanwhile(url: string, headers: Record<string, string>, everyMs: number): () => Promise<OthersMet> {
  const met: OthersMet = { calls: 0, failures: new Map(), slowestMs: 0 }
  let isOver = false
  const calling = (async () => {
    while (!isOver) {
      const began = performance.now()
      const status = await statusOf(`${url}/v1/spec`, headers)
      met.calls++
      met.slowestMs = Math.max(met.slowestMs, performance.now() - began)
      if (status !== '200') met.failures.set(status, (met.failures.get(status) ?? 0) + 1)
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  })()
  return async () => {
    isOver = true
    await calling
    return met
  }
}

function statusOf(url: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve) => {
    const call = get(url, { agent: false, headers }, (response) => {
      response.resume()
      response.on('end', () => resolve(String(response.statusCode)))
      response.on('error', () => resolve('cut'))
    })
    call.on('error', (error: Error & { code?: string }) => resolve(error.code ?? 'error'))
  })
}
