import { type Clock, systemClock } from '../src/clock.ts'
import type { MutationPlan } from './mutations.ts'

/** How the simulated workspace looks and behaves. */
export interface SimulatorOptions {
  /** An integer; equal seeds give equal bytes. @defaultValue 1 */
  seed?: number
  /** Ordinary contacts at the start. @defaultValue 1000 */
  contacts?: number
  /** Tags at the start. @defaultValue 12 */
  tags?: number
  /** Whether contacts and tags with hostile texts are added. @defaultValue true */
  oddities?: boolean
  /** Unix seconds [from, to) that hold `updated_at` of the contacts at the start. @defaultValue 2024-01-01 to 2026-01-01, UTC */
  span?: { from: number; to: number }
  /** IANA name. @defaultValue 'America/New_York' */
  timezone?: string
  /** As `/me` writes it. @defaultValue 'US' */
  region?: string
  /** The newest API version this Intercom has. @defaultValue '2.17' */
  newestVersion?: string
  /** The version set on the app, used when a request names none. @defaultValue '2.14' */
  appVersion?: string
  /** Valid tokens and the scopes each lacks. @defaultValue `{'simulator-token': []}` */
  accessTokens?: Record<string, string[]>
  /** The status of an answer to a token without the scope. @defaultValue 403 */
  missingScopeStatus?: 401 | 403
  /** Whether `GET /me` answers 403, so that nobody learns the time zone. @defaultValue false */
  hideTimezone?: boolean
  /** Requests per token and 10-second window. @defaultValue 1666 */
  rateLimitPerWindow?: number
  /** How long after a change search shows it, ms. @defaultValue 0 */
  indexLagMs?: number
  /** Changes made as searches are answered. @defaultValue none */
  mutationPlan?: MutationPlan | null
  /** @defaultValue the machine's own clock */
  clock?: Clock
}

export const defaultToken = 'simulator-token'

export function withDefaults(options: SimulatorOptions): Required<SimulatorOptions> {
  return {
    seed: 1,
    contacts: 1000,
    tags: 12,
    oddities: true,
    span: { from: Date.UTC(2024, 0, 1) / 1000, to: Date.UTC(2026, 0, 1) / 1000 },
    timezone: 'America/New_York',
    region: 'US',
    newestVersion: '2.17',
    appVersion: '2.14',
    accessTokens: { [defaultToken]: [] },
    missingScopeStatus: 403,
    hideTimezone: false,
    rateLimitPerWindow: 1666,
    indexLagMs: 0,
    mutationPlan: null,
    clock: systemClock,
    ...options,
  }
}
