import { once } from 'node:events'
import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listenSimulator } from './listening-simulator.ts'
import type { Teardown } from './processes.ts'

/** An Intercom that answers no search of contacts until the gate is opened, so that jobs go on running. */
export async function gatedIntercom(t: Teardown, gate: Promise<void>): Promise<string> {
  const intercom = await listenSimulator(t, { contacts: 300 })
  const front = createServer(async (request, response) => {
    if (request.url?.includes('contacts/search')) await gate
    const onward = ask(
      `${intercom.url}${request.url}`,
      { method: request.method, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response)
      },
    )
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  t.teardown(() => {
    front.closeAllConnections()
    front.close()
  })
  return `http://127.0.0.1:${(front.address() as AddressInfo).port}`
}
