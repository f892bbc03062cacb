import type { SourceConfig } from '../../airbyte/source-config.ts'
import { CodedError } from '../../errors.ts'
import { readMe } from '../../intercom/endpoints/workspace.ts'
import type { Connection, Whose } from '../../store/connections/connection-store.ts'
import type { AskIntercom } from '../requests/ask-intercom.ts'

/** One request, for which a caller waits. */
const limits = { deadlineMs: 5000, tries: 1 }

interface Asking {
  askIntercom: AskIntercom
  /** Aborts when the caller has left. */
  signal: AbortSignal
}

/**
 * Whose data the token of a config leads to, if that decides anything: when a connection that has a workspace gets another
 * token, or begins anew. Nothing where Intercom does not tell; the connection's next job then finds out.
 *
 * @param before the connection as it is; undefined where there is none
 */
export async function learnWorkspace(
  config: SourceConfig,
  before: Connection | undefined,
  resetState: boolean,
  { askIntercom, signal }: Asking,
): Promise<Pick<Whose, 'workspaceId'>> {
  if (!before) return {}
  const isSameToken = before.settings?.config.access_token === config.access_token
  if (isSameToken && !resetState) return {}
  try {
    const { workspace } = await askIntercom(signal, config, (client) => readMe(client, config.api_version), limits)
    return workspace.id === undefined ? {} : { workspaceId: workspace.id }
  } catch (error) {
    if (error instanceof CodedError || signal.aborted) return {}
    throw error
  }
}
