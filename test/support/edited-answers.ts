import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

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

/** A server between the engine and the simulator that changes answers. Returns its URL. */
export async function editAnswers(
  t: { teardown(close: () => unknown): void },
  simulatorUrl: string,
  edit: (answer: EditedAnswer) => Edits | Promise<Edits>,
): Promise<string> {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const asked = Buffer.concat(chunks).toString()
    const { authorization = '', 'intercom-version': version = '' } = request.headers
    const real = await fetch(simulatorUrl + request.url, {
      method: request.method ?? 'GET',
      headers: { authorization, 'intercom-version': String(version), 'content-type': 'application/json' },
      ...(asked !== '' && { body: asked }),
    })
    const plain = {
      path: request.url ?? '',
      asked,
      status: real.status,
      body: await real.text(),
      headers: Object.fromEntries(
        [...real.headers].filter(([name]) => !['connection', 'content-length', 'keep-alive'].includes(name)),
      ),
    }
    const { status, body, headers } = { ...plain, ...(await edit(plain)) }
    response.sendDate = false
    response.writeHead(status, headers).end(body)
  }

  // The simulator may be closed before an answer that nobody waits for any more.
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
