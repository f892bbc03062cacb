import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../clock.ts'
import type { BudgetStore } from '../intercom/budget/budget-store.ts'
import type { Metrics } from '../metrics.ts'
import type { Proxies } from '../network/proxies.ts'
import type { FrontSettings } from '../settings/front.ts'
import type { OauthSettings, SignInSetup } from '../settings/oauth.ts'
import type { ConnectionStore } from '../store/connections/connection-store.ts'
import type { JobStore } from '../store/jobs/job-store.ts'
import type { MessageLogReader } from '../store/log/message-log.ts'
import type { RecordReader } from '../store/records/record-reader.ts'
import type { SignInStore } from '../store/sign-ins/sign-in-store.ts'
import type { DeliveryStore } from '../store/webhooks/delivery-store.ts'
import type { Receivers } from '../webhooks/receivers.ts'
import type { OpenStreams } from './open-streams.ts'
import type { ReaderLimits, Readers } from './readers.ts'
import type { ApiKey } from './requests/auth.ts'

/** Limits of the API. Times in ms, sizes in bytes. */
export interface HttpLimits extends ReaderLimits {
  /** @defaultValue 4 MiB */
  bodyBytes: number
  /** What the large bodies of all requests that wait for an answer may have together. @defaultValue 32 MiB */
  heldBodyBytes: number
  /** Time to send a whole request, headers and body. @defaultValue 30 s */
  requestTimeoutMs: number
  /** How often late requests are looked for. @defaultValue 1 s */
  requestTimeoutCheckMs: number
  /** Silence on a socket that carries no message stream. @defaultValue 120 s */
  connectionTimeoutMs: number
  /** Longer than the idle time of the usual load balancers (60 s), so that they close first. @defaultValue 72 s */
  keepAliveTimeoutMs: number
  /** Longest wait for a cut message stream to be flushed. @defaultValue 5 s */
  flushMs: number
  /** Requests a minute of one tenant from one address; reading messages does not count. @defaultValue 1200 */
  requestsPerMinute: number
  /** Delay of the event loop above which requests are refused as `overloaded`. @defaultValue 1 s */
  eventLoopDelayMs: number
  /** Connections that may be open; above it the one that has been idle for longest gives way. @defaultValue 10,000 */
  sockets: number
}

export const defaultLimits: HttpLimits = {
  bodyBytes: 4 * 1024 * 1024,
  heldBodyBytes: 32 * 1024 * 1024,
  requestTimeoutMs: 30_000,
  requestTimeoutCheckMs: 1000,
  connectionTimeoutMs: 120_000,
  keepAliveTimeoutMs: 72_000,
  flushMs: 5000,
  requestsPerMinute: 1200,
  eventLoopDelayMs: 1000,
  sockets: 10_000,
  readers: 1000,
  readersPerKey: 200,
  unsentBytes: 32 * 1024 * 1024,
  stalledReaderMs: 600_000,
}

/** How callers reach a port. */
export interface Front extends FrontSettings {
  /** Where it listens, if not on the usual names of this machine. */
  host?: string
}

/** The parts that the API is built from. */
export interface AppDependencies {
  config: {
    /** Who may call. Empty = everybody is the default tenant; only for an embedded Redis on loopback. */
    apiKeys: readonly ApiKey[]
    limits?: Partial<HttpLimits>
    /** Intercom's address, if not the usual one; set by the operator only. */
    intercomBaseUrl?: string | undefined
    /** On the way to Intercom. @defaultValue none */
    proxies?: Proxies
    /** Whether `/metrics` has a port of its own, and so is not answered here. @defaultValue false */
    metricsElsewhere?: boolean
    /** The shortest interval of a schedule, ms. @defaultValue a minute */
    scheduleMinIntervalMs?: number
    /** The operator's app at Intercom. @defaultValue nobody can sign in */
    oauth?: OauthSettings | undefined
    /** What stands in front, and which names lead here. @defaultValue nothing: the machine's own callers */
    front?: Partial<Front>
  }
  /** Where requests to Intercom are counted together with those of jobs. @defaultValue each call by itself */
  budgetStore?: BudgetStore
  jobs: JobStore
  connections: ConnectionStore
  deliveries: DeliveryStore
  /** Where webhooks may be. */
  receivers: Receivers
  signIns: SignInStore
  messages: MessageLogReader
  records: RecordReader
  clock: Clock
  logger: FastifyBaseLogger
  metrics: Metrics
  /** Rejects when Redis is away. */
  ready: () => Promise<void>
  /** Aborts when the process begins to shut down: message streams are cut, new calls refused. */
  closing: AbortSignal
}

/** The same, completed, as the routes take it. */
export interface RouteDependencies extends Omit<AppDependencies, 'config'> {
  limits: HttpLimits
  intercomBaseUrl?: string | undefined
  proxies?: Proxies | undefined
  scheduleMinIntervalMs: number
  /** What signing in needs, or what the operator has to set for it. */
  signInSetup: SignInSetup | { missing: string }
  openStreams: OpenStreams
  readers: Readers
}
