import { defaultApiVersion } from '../airbyte/source-config.ts'
import { CodedError } from '../errors.ts'
import type { IntercomClient, IntercomRequest } from './client.ts'
import { RefusedError } from './failures.ts'

/** What `/me` tells of a workspace. */
export interface Workspace {
  /** IANA name; undefined when the token may not read it. */
  timezone: string | undefined
}

/** Asked in turn to see whether a token that `/me` refuses is good for anything at all. */
const PROBES = ['/tags', '/admins', '/segments']

const get = (path: string): IntercomRequest => ({ method: 'GET', path, version: defaultApiVersion })

/**
 * Reads the workspace's settings and makes sure that the token works: a good token can lack the scope for `/me`.
 *
 * @throws CodedError `token_invalid` when no endpoint accepts the token
 */
export async function readWorkspace(client: IntercomClient): Promise<Workspace> {
  try {
    return await client.ask(get('/me'), ({ body }) => ({ timezone: timezoneOf(body) }))
  } catch (error) {
    if (!(error instanceof RefusedError && error.unauthorized)) throw error
    for (const path of PROBES) if (await isAllowed(client, path)) return { timezone: undefined }
    throw new CodedError(
      'token_invalid',
      `Intercom does not accept the access token (${error.failure.status}: ${error.failure.detail}). Put a valid one into access_token.`,
    )
  }
}

async function isAllowed(client: IntercomClient, path: string): Promise<boolean> {
  try {
    return await client.ask(get(path), () => true)
  } catch (error) {
    if (error instanceof RefusedError) return !error.unauthorized
    throw error
  }
}

function timezoneOf(body: Buffer): string | undefined {
  try {
    const timezone = (JSON.parse(body.toString('utf8')) as { app?: { timezone?: unknown } } | null)?.app?.timezone
    return typeof timezone === 'string' ? timezone : undefined
  } catch {
    throw new CodedError('intercom_protocol', 'Intercom answered /me with something that is not JSON')
  }
}
