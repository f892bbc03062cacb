import { type Driver, type Run, readRun } from './driver.ts'

/** Reads a job's messages live; how the run ended is what the job says afterwards. */
export function createHttpDriver(url: string): Driver {
  const post = (path: string, body: object, accept: string) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify(body),
    })
  const ask = async (path: string, body: object) => toRun(await post(path, body, 'application/json'))
  return {
    name: 'HTTP',
    spec: async () => toRun(await fetch(`${url}/v1/spec`)),
    check: (config) => ask('/v1/check', { config }),
    discover: (config) => ask('/v1/discover', { config }),
    async read(body) {
      const response = await post('/v1/jobs', body, 'application/x-ndjson')
      if (response.status !== 200) return toRun(response)
      const output = await response.text()
      const job = (await (await fetch(url + response.headers.get('location'))).json()) as { status: string }
      return readRun(job.status === 'succeeded' ? 'succeeded' : 'failed', output)
    },
  }
}

/** An answer of one message, or the problem that stands in its place. */
async function toRun(response: Response): Promise<Run> {
  const text = await response.text()
  if (response.status === 200) return readRun('succeeded', `${text}\n`)
  return { ...readRun('failed', ''), problem: JSON.parse(text) as { code: string; detail: string } }
}
