import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildSimulator, type Simulator } from '../../simulator/app.ts'
import type { SimulatorOptions } from '../../simulator/options.ts'
import type { Teardown } from '../support/processes.ts'

/** Several workspaces behind one address, as Intercom has them: the token says which one is meant. */
export interface Workspaces {
  url: string
  byToken: ReadonlyMap<string, Simulator>
}

export async function listenWorkspaces(
  t: Teardown,
  options: Readonly<Record<string, SimulatorOptions>>,
): Promise<Workspaces> {
  const byToken = new Map<string, Simulator>()
  for (const [token, traits] of Object.entries(options)) {
    const simulator = buildSimulator({ ...traits, accessTokens: { [token]: [] } })
    await simulator.app.ready()
    t.teardown(() => simulator.app.close())
    byToken.set(token, simulator)
  }
  const server = createServer((request, response) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    const simulator = byToken.get(token)
    if (simulator) simulator.app.routing(request, response)
    else response.writeHead(401).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, byToken }
}
