import createClient from 'openapi-fetch'
import { serviceRoot } from '../routing/service-root.ts'
import { CallError, problemOf, unreachable } from './problem.ts'
import type { paths } from './schema.ts'
import { session } from './session.ts'

/** Longer than the service's own limits, so that its words come before ours, ms. */
const patienceMs = 70_000

/** Every call of `/v1`, with the types of the OpenAPI document. */
export const api = createClient<paths, 'application/json'>({ baseUrl: serviceRoot.href.replace(/\/$/, '') })

api.use({
  async onRequest({ request }) {
    request.headers.set('Accept', 'application/json')
    const { apiKey } = session
    if (apiKey !== undefined) request.headers.set('Authorization', `Bearer ${apiKey}`)
    return request
  },
})

/**
 * What a call brings.
 *
 * @throws CallError when it brings a problem, or nothing
 */
export async function resultOf<Result>(
  call: Promise<{ data?: Result; error?: unknown; response: Response }>,
): Promise<Result> {
  const { apiKey } = session
  const { data, error, response } = await call.catch((failure: unknown) => {
    if (failure instanceof Error && failure.name === 'AbortError') throw failure
    throw unreachable()
  })
  if (response.ok && data !== undefined) return data
  if (response.status === 401) session.refuse(apiKey)
  throw problemOf(response.status, error)
}

/** The same for a thrown thing of unknown kind. */
export function asCallError(thrown: unknown): CallError {
  if (thrown instanceof CallError) return thrown
  return new CallError({
    code: 'page_error',
    title: 'This page has a fault',
    status: 0,
    detail: thrown instanceof Error ? thrown.message : String(thrown),
  })
}

/** Ends a call that takes longer than any should, or that nobody waits for any more. */
export function patience(signal?: AbortSignal): AbortSignal {
  const limit = AbortSignal.timeout(patienceMs)
  return signal ? AbortSignal.any([signal, limit]) : limit
}
