import { defaultToken, type SimulatorOptions } from '../../simulator/options.ts'
import { createAuthority } from '../../test/support/certificates.ts'
import { runCompiled, type Teardown } from '../../test/support/processes.ts'
import type { Trouble } from '../programs/trouble.ts'
import { costOf, type ProcessCost } from './process-cost.ts'

/** A simulated Intercom in a process of its own. */
export interface MeasuredIntercom {
  url: string
  /** Variables without which a client does not trust its certificate. */
  environment: Record<string, string>
  /** The requests so far, the latest 100,000. */
  requests(): Promise<readonly NotedRequest[]>
  /** What its process has cost so far. */
  cost(): ProcessCost
}

/** A request as the simulator has noted it. */
export interface NotedRequest {
  /** Ms since the epoch at its arrival. */
  time: number
  status: number
  route: string
  /** Records in the answer. */
  records: number
}

/** Nobody reaches this limit. */
export const noLimit = 100_000_000

/**
 * Nothing but what a cell asks for. An ordinary conversation has up to eight parts. No company was deleted before: about
 * each of these Intercom is asked a second time, 10 s later.
 */
export const emptyWorkspace = {
  contacts: 0,
  conversations: 0,
  longConversations: 0,
  companies: 0,
  deletedCompanies: false,
  oddities: false,
} as const satisfies SimulatorOptions

export interface HowToServe {
  /** Whether it answers over TLS and with gzip, as Intercom does; needs `openssl`. @defaultValue false */
  isSecure?: boolean
  /** What goes wrong after its first request. @defaultValue nothing */
  trouble?: Trouble | undefined
}

export async function startIntercom(
  t: Teardown,
  options: SimulatorOptions,
  { isSecure = false, trouble }: HowToServe = {},
): Promise<MeasuredIntercom> {
  const authority = isSecure ? createAuthority(t) : undefined
  const files = authority && { ...authority.issue('intercom', 'DNS:localhost') }
  const simulator = runCompiled(t, 'bench/programs/simulated-intercom.js', [
    JSON.stringify({ ...emptyWorkspace, ...options }),
    JSON.stringify(trouble ?? null),
    ...(files ? [files.cert, files.key] : []),
  ])
  const { listening } = JSON.parse(await simulator.untilLine(/listening/)) as { listening: string }
  // The way for us to ask it: a certificate that only the measured programs trust would not do.
  const { control } = JSON.parse(await simulator.untilLine(/control/)) as { control: string }
  return {
    url: listening,
    environment: authority ? { NODE_EXTRA_CA_CERTS: authority.ca } : {},
    async requests() {
      const noted = (await (await fetch(`${control}/_simulator/requests`)).json()) as { requests: NotedRequest[] }
      return noted.requests
    },
    cost: () => costOf(simulator),
  }
}

/** So many access tokens that the simulator takes, each with a limit of its own. */
export function manyTokens(count: number): { tokens: string[]; accessTokens: Record<string, string[]> } {
  const tokens = Array.from({ length: count }, (_, place) => (place === 0 ? defaultToken : `${defaultToken}-${place}`))
  return { tokens, accessTokens: Object.fromEntries(tokens.map((token) => [token, []])) }
}
