import type { ClientCommandName } from '../../command-line/client-commands.ts'
import { createPatience, type Patience } from '../../connector/bridge/patience.ts'
import {
  createServiceClient,
  type ServiceClient,
  type ServiceRequest,
  type WholeAnswer,
} from '../../connector/bridge/service/service-client.ts'
import { askUntilAnswered } from '../../connector/bridge/single-answer.ts'
import type { ClientContext } from './command.ts'
import { findService, type ServiceOptions } from './service-place.ts'

/** The service that a command asks. */
export interface RemoteService {
  client: ServiceClient
  /** For somebody who waits at a terminal. */
  ask(request: ServiceRequest): Promise<WholeAnswer>
  /** For a job that is followed: an API that is being replaced is back by then. */
  follow: Patience
  /** Asks as long as `follow` allows. */
  askAgain(request: ServiceRequest): Promise<WholeAnswer>
}

/** How long the service may be away, ms, when one question is asked. */
const briefMs = 2000
/** The same, while a job is followed. */
const followMs = 60_000

/** @throws CodedError `invalid_request` when its address or the key cannot be used */
export async function openService<Name extends ClientCommandName>(
  context: ClientContext<Name>,
): Promise<RemoteService> {
  const { options, settings, clock, random, signal } = context
  const access = await findService(options as ServiceOptions, settings)
  const client = createServiceClient({ access, proxies: settings.proxies, clock, signal })
  const follow = createPatience({ clock, random, signal, limitMs: followMs })
  const brief = () => createPatience({ clock, random, signal, limitMs: briefMs })
  return {
    client,
    follow,
    ask: (request) => askUntilAnswered(client, request, brief(), signal),
    askAgain: (request) => askUntilAnswered(client, request, follow, signal),
  }
}
