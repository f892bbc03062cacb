import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildSimulator, type Simulator } from '../../simulator/app.ts'
import type { SimulatorOptions } from '../../simulator/options.ts'
import type { Teardown } from './processes.ts'

/** Several workspaces behind one address, as Intercom has them: the token says which one is meant. */
export interface Workspaces {
  url: string
  /** A workspace, and the only token for it. */
  open(token: string, options: SimulatorOptions): Promise<Simulator>
  /** From now on the token's workspace takes another one in its place. */
  exchange(token: string, next: string): void
  /** From now on Intercom accepts the token no more. */
  revoke(token: string): void
}

export async function listenWorkspaces(t: Teardown): Promise<Workspaces> {
  const byToken = new Map<string, Simulator>()
  const server = createServer((request, response) => {
    const simulator = byToken.get(request.headers.authorization?.replace('Bearer ', '') ?? '')
    if (simulator) simulator.app.routing(request, response)
    else response.writeHead(401).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const revoke = (token: string) => {
    delete byToken.get(token)?.dependencies.options.accessTokens[token]
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async open(token, options) {
      const simulator = buildSimulator({ ...options, accessTokens: { [token]: [] } })
      await simulator.app.ready()
      t.teardown(() => simulator.app.close())
      byToken.set(token, simulator)
      return simulator
    },
    exchange(token, next) {
      const simulator = byToken.get(token)
      if (!simulator) return
      revoke(token)
      simulator.dependencies.options.accessTokens[next] = []
      byToken.set(next, simulator)
    },
    revoke,
  }
}
