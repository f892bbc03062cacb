import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SimulatedIntercom } from '../../simulator/intercom.ts'
import { answerDirectly } from '../../simulator/serving/direct.ts'

/** An answer on its way from the simulator to the engine. */
export interface EditedAnswer {
  path: string
  /** The request's body. */
  asked: string
  status: number
  body: string
  /** In lower case. */
  headers: Record<string, string>
}

type Edits = Partial<Pick<EditedAnswer, 'status' | 'body' | 'headers'>>

/**
 * A server in the simulator's place that changes its answers. Returns its URL. It asks the simulator within the process: a
 * second socket would double the price of every answer.
 */
export async function editAnswers(
  t: { teardown(close: () => unknown): void },
  simulator: SimulatedIntercom,
  edit: (answer: EditedAnswer) => Edits | Promise<Edits>,
): Promise<string> {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const asked = Buffer.concat(chunks).toString()
    const { authorization = '', 'intercom-version': version } = request.headers
    const real = await answerDirectly(simulator, {
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      headers: { authorization, ...(version !== undefined && { 'intercom-version': String(version) }) },
      body: asked === '' ? undefined : JSON.parse(asked),
    })
    // The simulator has cut the connection.
    if (real === undefined) return void response.destroy()
    const { 'content-length': _, ...headers } = real.headers
    const plain = { path: request.url ?? '', asked, status: real.status, body: real.body.toString(), headers }
    const edited = { ...plain, ...(await edit(plain)) }
    response.sendDate = false
    response.writeHead(edited.status, edited.headers).end(edited.body)
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
