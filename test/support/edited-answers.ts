import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SimulatedIntercom } from '../../simulator/intercom.ts'
import { answerDirectly, type DirectAnswer, type DirectRequest } from '../../simulator/serving/direct.ts'
import { reachInProcess } from './in-process-intercom.ts'

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
 * A server in the simulator's place that changes its answers. Returns its URL. It asks the simulator within the process,
 * and so does the engine of this process ask it: sockets would double the price of every answer.
 */
export async function editAnswers(
  t: { teardown(close: () => unknown): void },
  simulator: SimulatedIntercom,
  edit: (answer: EditedAnswer) => Edits | Promise<Edits>,
): Promise<string> {
  async function editedAnswer(request: DirectRequest): Promise<DirectAnswer | undefined> {
    const { authorization = '', 'intercom-version': version } = request.headers
    const given = { authorization, ...(version !== undefined && { 'intercom-version': version }) }
    const real = await answerDirectly(simulator, { ...request, headers: given })
    // The simulator has cut the connection.
    if (real === undefined) return undefined
    const { 'content-length': _, ...headers } = real.headers
    const asked = request.body === undefined ? '' : JSON.stringify(request.body)
    const plain = { path: request.url, asked, status: real.status, body: real.body.toString(), headers }
    const edited = { ...plain, ...(await edit(plain)) }
    return { status: edited.status, headers: edited.headers, body: Buffer.from(edited.body) }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const asked = Buffer.concat(chunks).toString()
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const body: unknown = asked === '' ? undefined : JSON.parse(asked)
    const edited = await editedAnswer({ method, url, headers, body })
    if (edited === undefined) return void response.destroy()
    response.sendDate = false
    response.writeHead(edited.status, edited.headers).end(edited.body)
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  reachInProcess(t, baseUrl, server, (request) => editedAnswer(request).catch(() => undefined))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return baseUrl
}
