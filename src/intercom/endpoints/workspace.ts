import { defaultApiVersion } from '../../airbyte/source-config.ts'
import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import { RefusedError } from '../answers/failures.ts'
import { readOwnObject } from '../answers/own-list.ts'
import type { IntercomClient } from '../client.ts'
import type { IntercomRequest } from '../request.ts'

/** What `/me` says about a workspace; a member is undefined when the token may not read it. */
export interface Workspace {
  /** Intercom's id of the workspace. */
  id: string | undefined
  /** Where its data is, in Intercom's words: `US`, `Europe` or `EU`, `AU`. */
  region: string | undefined
  /** IANA name. */
  timezone: string | undefined
  /** Nothing in the workspace is older. Unix seconds. */
  createdAt: number | undefined
}

/** Tried one after the other when `/me` refuses a token, to see whether any endpoint accepts it. */
const PROBES = ['/tags', '/admins', '/segments']

/** A workspace whose settings the token may not read. */
export const unknownWorkspace: Workspace = {
  id: undefined,
  region: undefined,
  timezone: undefined,
  createdAt: undefined,
}

const get = (path: string, version: string = defaultApiVersion): IntercomRequest => ({
  method: 'GET',
  path,
  version,
  isProbe: true,
  isUrgent: true,
})

/**
 * Reads the workspace's settings and makes sure that the token works. A good token may lack the scope for `/me`.
 *
 * @throws CodedError `token_invalid` when no endpoint accepts the token
 */
export async function readWorkspace(client: IntercomClient, version?: string): Promise<Workspace> {
  try {
    return (await readMe(client, version)).workspace
  } catch (error) {
    if (!(error instanceof RefusedError && error.unauthorized)) throw error
    for (const path of PROBES) {
      if (await isAllowed(client, path, version)) return unknownWorkspace
    }
    throw new CodedError(
      'token_invalid',
      `Intercom does not accept the access token (${error.failure.status}: ${error.failure.detail}). Put a valid one into access_token.`,
    )
  }
}

/**
 * Reads `/me`, and the API version that answered.
 *
 * @throws RefusedError when the token may not read it, or is bad
 */
export function readMe(
  client: IntercomClient,
  version?: string,
): Promise<{ workspace: Workspace; version: string | undefined }> {
  return client.ask(get('/me', version), (answer) => {
    const workspace = workspaceOf(answer.body)
    if (workspace.id !== undefined) client.budget.joinWorkspace(workspace.id)
    return { workspace, version: answer.version }
  })
}

async function isAllowed(client: IntercomClient, path: string, version: string | undefined): Promise<boolean> {
  try {
    await client.ask(get(path, version), ({ body }) => readOwnObject(body, path))
    return true
  } catch (error) {
    if (error instanceof RefusedError) return !error.unauthorized
    throw error
  }
}

function workspaceOf(body: Buffer): Workspace {
  const app = appOf(body)
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  const createdAt = typeof app.created_at === 'number' ? app.created_at : undefined
  return { id: text(app.id_code), region: text(app.region), timezone: text(app.timezone), createdAt }
}

function appOf(body: Buffer): Record<string, unknown> {
  const { app } = readOwnObject(body, '/me', 'admin')
  return isObject(app) ? app : {}
}
