import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toJobBody } from '../../src/http/bodies/job-body.ts'
import { noProxies } from '../../src/network/proxies.ts'
import { type DeliveryTry, deliverDue } from '../../src/queue/webhooks/deliver.ts'
import { type FanOutDependencies, fanOut } from '../../src/queue/webhooks/fan-out.ts'
import { createHostLimit } from '../../src/queue/webhooks/host-limit.ts'
import { createAllowList } from '../../src/webhooks/allow-list.ts'
import { connectDirectly } from '../../src/webhooks/connect.ts'
import { createReceivers, type Receivers } from '../../src/webhooks/receivers.ts'
import type { Teardown } from './processes.ts'
import type { TestStore } from './store.ts'

/** A message as it came in. */
export interface ReceivedMessage {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

type Answer = (response: ServerResponse, request: IncomingMessage, message: ReceivedMessage) => void

/** A receiver of webhooks on loopback. */
export interface TestReceiver {
  url: string
  received: ReceivedMessage[]
  /** What the next requests get, one after the other; after that, 204. */
  answers: Answer[]
  /** The ids of all messages, as they came. */
  ids(): string[]
}

export const answerWith =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(status, headers).end()

export async function startReceiver(t: Teardown): Promise<TestReceiver> {
  const received: ReceivedMessage[] = []
  const answers: Answer[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const message = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() }
    received.push(message)
    const answer = answers.shift() ?? answerWith(204)
    answer(response, request, message)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const ids = () => received.map(({ headers }) => String(headers['webhook-id']))
  return { url: `http://127.0.0.1:${port}/hook`, received, answers, ids }
}

/** Receivers on loopback are allowed, as an operator may; no name is asked of the real DNS. */
export const loopbackReceivers: Receivers = createReceivers({
  allowed: createAllowList(['127.0.0.0/8']),
  resolve: async () => [],
})

/** The part of a worker that tells webhooks, one step at a time. */
export interface TestTeller {
  tried: DeliveryTry[]
  /** Makes deliveries of all events. */
  fanOut(): Promise<void>
  /** The same, and tries all that are due by the clock. */
  tell(): Promise<void>
  /** Errors of the fan-out. */
  errors: unknown[]
}

export function createTeller(store: TestStore, options: Partial<FanOutDependencies> = {}): TestTeller {
  const places = new Map<string, { tenant: string; connectionId: string; place: string }>()
  const tried: DeliveryTry[] = []
  const errors: unknown[] = []
  const dependencies = {
    ...store,
    showJob: toJobBody,
    receivers: loopbackReceivers,
    connect: connectDirectly,
    proxies: noProxies,
    random: () => 0,
    createId: randomUUID,
    hostTurns: createHostLimit(10),
    wake: async (deliveries: readonly { tenant: string; connectionId: string; place: string }[]) => {
      for (const { tenant, connectionId, place } of deliveries) places.set(place, { tenant, connectionId, place })
    },
    onTried: (one: DeliveryTry) => void tried.push(one),
    onError: (error: unknown) => void errors.push(error),
    ...options,
  }
  return {
    tried,
    errors,
    fanOut: () => fanOut(dependencies),
    async tell() {
      await fanOut(dependencies)
      for (const member of await store.redis.zrange(store.redis.keyspace.pendingDeliveries, '0', '-1')) {
        const [tenant = '', connectionId = '', deliveryId = ''] = member.split(':')
        const key = store.redis.keyspace.connection(tenant, connectionId, 'deliveries')
        const { place } = JSON.parse((await store.redis.hget(key, deliveryId)) ?? '{}') as { place: string }
        places.set(place, { tenant, connectionId, place })
      }
      for (const place of places.values()) await deliverDue(dependencies, place, new AbortController().signal)
    },
  }
}
