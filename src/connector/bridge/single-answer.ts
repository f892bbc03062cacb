import type { CommandContext } from '../command.ts'
import { readConnectorProxies } from '../settings.ts'
import { createPatience, type Patience } from './patience.ts'
import type { ServiceAccess } from './service/service-access.ts'
import {
  createServiceClient,
  type ServiceClient,
  type ServiceRequest,
  type WholeAnswer,
} from './service/service-client.ts'
import { mayPass } from './service/service-failures.ts'

/** Short, because somebody is waiting in front of a form. */
const patienceMs = 10_000
/** The service itself waits 25 s for Intercom at most. */
const idleMs = 60_000

/**
 * Asks a service named in a config, until there is an answer.
 *
 * @throws CodedError; the signal's reason
 */
export async function askService(
  access: ServiceAccess,
  request: ServiceRequest,
  { clock, random, signal }: CommandContext,
): Promise<unknown> {
  const client = createServiceClient({ access, proxies: readConnectorProxies(), clock, signal })
  const patience = createPatience({ clock, random, signal, limitMs: patienceMs })
  return (await askUntilAnswered(client, { idleMs, ...request }, patience, signal)).value
}

/**
 * Asks until there is an answer.
 *
 * @throws CodedError; the signal's reason
 */
export async function askUntilAnswered(
  client: ServiceClient,
  request: ServiceRequest,
  patience: Patience,
  signal: AbortSignal,
): Promise<WholeAnswer> {
  for (;;) {
    try {
      const answer = await client.askWhole(request)
      patience.restore()
      return answer
    } catch (error) {
      signal.throwIfAborted()
      if (!mayPass(error)) throw error
      await patience.afterFailure(error)
    }
  }
}
