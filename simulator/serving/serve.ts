import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Fault } from '../faults/fault.ts'
import type { FaultScript } from '../faults/fault-script.ts'
import { needsRealAnswer, replacementAnswer, spoiledAnswer } from '../faults/faulty-answer.ts'
import type { SimulatorOptions } from '../options.ts'
import type { Endpoint } from '../routes/endpoint.ts'
import type { Calendar } from '../search/calendar-day.ts'
import type { Consents } from '../sign-in/consents.ts'
import type { LiveChanges } from '../workspace/live-changes.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { authenticate, authorize } from './access.ts'
import { type Answer, errorAnswer, RefusedRequest } from './answer.ts'
import { isAtLeast, servedVersion } from './api-version.ts'
import { resetConnection, sendAnswer, sendInHalves, waitFor } from './delivery.ts'
import type { RateLimit } from './rate-limit.ts'
import type { LoggedRequest, RequestLog } from './request-log.ts'

/** Everything that an answer depends on. */
export interface ServeDependencies {
  options: Required<SimulatorOptions>
  workspace: Workspace
  workspaceDays: Calendar
  limit: RateLimit
  faults: FaultScript
  requests: RequestLog
  live: LiveChanges
  consents: Consents
  /** Called after every search, for the mutation plan. */
  searched: () => void
}

/** A request on its way to its answer. */
interface Call {
  endpoint: Endpoint | undefined
  request: FastifyRequest
  reply: FastifyReply
  entry: LoggedRequest
  requestId: string
  dependencies: ServeDependencies
}

/**
 * Answers one request as Intercom would: token, rate limit, scope, endpoint. In between, the script may spoil anything.
 */
export async function serve(
  endpoint: Endpoint | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
  dependencies: ServeDependencies,
): Promise<FastifyReply> {
  const { options, requests } = dependencies
  const asked = headerOf(request, 'intercom-version')
  const version = servedVersion(asked, options)
  if (version !== undefined) reply.header('Intercom-Version', version)
  const path = request.url.split('?', 1)[0] ?? request.url
  const entry = requests.add({
    time: options.clock.now(),
    method: request.method,
    path,
    route: endpoint?.path ?? path,
    query: Object.fromEntries(new URLSearchParams(request.url.slice(path.length))),
    body: request.body ?? null,
    askedVersion: asked ?? null,
    version: version ?? '',
  })
  const requestId = requestIdOf(options.seed, requests.totals.requests)
  const call = { endpoint, request, reply, entry, requestId, dependencies }
  try {
    const token = admit(call)
    if (options.latencyMs > 0) await options.clock.sleep(options.latencyMs)
    const page = { isPaged: requests.cursorOf(entry) !== undefined, perPage: perPageOf(entry) }
    const fault = dependencies.faults.take(entry.method, entry.path, entry.route, page)
    return fault === undefined ? finish(call, realAnswer(call, token)) : await serveFault(call, token, fault)
  } catch (error) {
    if (!(error instanceof RefusedRequest)) throw error
    const answer = errorAnswer(error.status, error.code, error.message, requestId)
    return finish(call, { ...answer, headers: error.headers })
  } finally {
    dependencies.live.answered()
  }
}

/**
 * The token, if it is valid and within its limit. Requests without a valid token do not count and get no limit headers.
 */
function admit({ request, reply, entry, dependencies: { options, limit } }: Call): string {
  const token = authenticate(headerOf(request, 'authorization'), options)
  const { exceeded, headers } = limit.take(token, entry.time)
  reply.headers(headers)
  if (exceeded) {
    if (options.sendsRetryAfter)
      reply.header('Retry-After', String(Math.ceil(Number(headers['X-RateLimit-Reset']) - entry.time / 1000)))
    throw new RefusedRequest(429, 'rate_limit_exceeded', `Exceeded rate limit of ${limit.perWindow} in 10_seconds`)
  }
  return token
}

function realAnswer({ endpoint, request, entry, dependencies }: Call, token: string, fault: Fault = {}): Answer {
  if (entry.version === '') {
    const message = `The requested version of the API (${entry.askedVersion}) could not be found`
    throw new RefusedRequest(400, 'intercom_version_invalid', message)
  }
  if (endpoint === undefined) throw new RefusedRequest(404, 'not_found', 'The requested resource does not exist')
  authorize(token, endpoint.scope, dependencies.options)
  if (endpoint.since !== undefined && !isAtLeast(entry.version, endpoint.since)) {
    const message = 'Requested resource is not available in current API version.'
    throw new RefusedRequest(400, 'intercom_version_invalid', message)
  }
  const params = request.params as Record<string, string>
  const { version, body, query } = entry
  const workspaceId = dependencies.consents.workspaceOf(token) ?? dependencies.workspace.id
  const answer = endpoint.answer({ ...dependencies, workspaceId, version, body, query, params, fault })
  if (endpoint.isSearch) dependencies.searched()
  return answer
}

async function serveFault(call: Call, token: string, fault: Fault): Promise<FastifyReply> {
  const { reply, entry, requestId, dependencies } = call
  const { faults, limit, requests, options } = dependencies
  const wait = (): Promise<void> => waitFor(fault, faults, options.clock, reply)
  if (fault.at !== 'mid-body') await wait()
  const { scroll } = dependencies.workspace.companies
  if (fault.losesScroll) scroll.lose()
  if (fault.endsScroll) scroll.end()
  if (fault.fulfilled && !needsRealAnswer(fault)) realAnswer(call, token)
  const isGone = reply.raw.destroyed
  if (isGone || fault.reset === 'before-headers') return resetConnection(reply)
  if (fault.foreign) for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
  // The more requests there were, the longer it takes to find cursors.
  const cursors = fault.cursor ? requests.cursorsOf(entry) : { cursor: undefined, previousCursor: undefined }
  const setting = { perWindow: limit.perWindow, requestId, ...cursors }
  const answer = needsRealAnswer(fault)
    ? spoiledAnswer(fault, realAnswer(call, token, fault), setting)
    : replacementAnswer(fault, setting)
  if (fault.reset === undefined && fault.at !== 'mid-body') return finish(call, answer)
  await sendInHalves(reply, answer, async () => {
    if (fault.at === 'mid-body') await wait()
    return fault.reset === undefined ? 'rest' : 'cut'
  })
  if (fault.reset === undefined) requests.answer(entry, answer.status, answer.records ?? 0)
  return reply
}

function finish({ reply, entry, dependencies: { requests } }: Call, answer: Answer): FastifyReply {
  requests.answer(entry, answer.status, answer.records ?? 0)
  return sendAnswer(reply, answer)
}

/** How many records a search wants on its page. */
function perPageOf({ body }: LoggedRequest): unknown {
  return (body as { pagination?: { per_page?: unknown } } | null)?.pagination?.per_page
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** Shaped like a UUID, and the same for the same seed and place. */
function requestIdOf(seed: number, count: number): string {
  return `${seed.toString(16).padStart(8, '0').slice(-8)}-0000-4000-8000-${count.toString(16).padStart(12, '0')}`
}
