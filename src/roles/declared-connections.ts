import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type ConnectionsFile, readConnectionsFile } from '../connections-file/connections-file.ts'
import { reportOf } from '../error-report.ts'
import { CodedError } from '../errors.ts'
import { checkSettings } from '../http/connections/check-settings.ts'
import { applyDeclared } from '../http/connections/declared-connections.ts'
import type { AskIntercom } from '../http/requests/ask-intercom.ts'
import { StartError } from '../process/start-error.ts'
import { readVariable } from '../settings/config.ts'
import type { ConnectionStore } from '../store/connections/connection-store.ts'
import type { Receivers } from '../webhooks/receivers.ts'
import type { RoleDependencies } from './service.ts'

/** What following the file takes. */
export interface DeclaredDependencies extends Pick<RoleDependencies, 'clock' | 'logger'> {
  /** Absolute path of the file. */
  path: string
  /** Those that have API keys; none when everybody is the default tenant. */
  tenants: readonly string[]
  connections: ConnectionStore
  askIntercom: AskIntercom
  receivers: Receivers
  scheduleMinIntervalMs: number
}

/** The connections that the operator's file declares. */
export interface DeclaredConnections {
  /** Lets go of the signal, and stops checking. */
  end(): void
}

/** The tenant of every caller where no API keys are configured. */
const defaultTenant = 'default'
/** How long a check waits that Intercom gave no verdict to, ms. */
const checkAgainMs = 60_000

/**
 * Applies the file, now and on every SIGHUP, and then asks Intercom about what it has not accepted yet.
 *
 * @throws StartError when the file cannot be applied now
 */
export async function followConnectionsFile(dependencies: DeclaredDependencies): Promise<DeclaredConnections> {
  const { path, logger } = dependencies
  const ending = new AbortController()
  let checking = new AbortController()
  const apply = async () => {
    const declared = await applyFile(dependencies)
    checking.abort()
    checking = new AbortController()
    const signal = AbortSignal.any([ending.signal, checking.signal])
    checkDeclared(dependencies, declared, signal).catch((error: unknown) => {
      if (!signal.aborted) logger.error({ file: path, error: reportOf(error) }, 'declared connections are not checked')
    })
  }
  await apply().catch((error: unknown) => {
    throw error instanceof CodedError ? new StartError(`CONNECTIONS_FILE: ${error.message}`) : error
  })
  let applying = Promise.resolve()
  const applyAgain = () => {
    applying = applying.then(apply).catch((error: unknown) => {
      const reason = error instanceof CodedError ? error.message : reportOf(error)
      logger.error({ file: path, reason }, 'the file of connections is not applied; what was declared stays')
    })
  }
  process.on('SIGHUP', applyAgain)
  return {
    end() {
      process.off('SIGHUP', applyAgain)
      ending.abort()
    },
  }
}

interface Declared {
  tenant: string
  connectionIds: string[]
}

/** @throws CodedError `invalid_request` naming file, line and member; `store_unavailable` */
async function applyFile(dependencies: DeclaredDependencies): Promise<Declared> {
  const { path, connections, logger } = dependencies
  const file = await readConnectionsFile(path, await textOf(path), {
    variable: (name) => readVariable(name),
    file: (other) => readFile(resolve(dirname(path), other), 'utf8'),
  })
  const tenant = tenantOf(file, dependencies.tenants)
  const applied = await applyDeclared(connections, tenant, file, dependencies)
  for (const { connectionId, change, changes } of applied)
    if (change !== 'unchanged') logger.info({ tenant, connectionId, change, changes }, 'declared connection applied')
  const count = (wanted: string) => applied.filter(({ change }) => change === wanted).length
  const figures = { created: count('created'), changed: count('changed'), unchanged: count('unchanged') }
  logger.info({ file: path, tenant, ...figures }, 'the file of connections is applied')
  return { tenant, connectionIds: applied.map(({ connectionId }) => connectionId) }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : 'unknown reason'
    throw new CodedError('invalid_request', `the file ${path} cannot be read (${reason})`)
  }
}

/** @throws CodedError `invalid_request` */
function tenantOf(file: ConnectionsFile, tenants: readonly string[]): string {
  const known = tenants.length > 0 ? [...new Set(tenants)] : [defaultTenant]
  const [only = defaultTenant] = known
  if (file.tenant === undefined && known.length === 1) return only
  if (file.tenant !== undefined && known.includes(file.tenant)) return file.tenant
  throw file.fault([
    { pointer: '/tenant', detail: `must be one of the tenants that have API keys: ${known.join(', ')}` },
  ])
}

/** Asks Intercom about connections that it has not accepted yet, until it has said something about each. */
async function checkDeclared(
  { connections, askIntercom, clock, logger }: DeclaredDependencies,
  { tenant, connectionIds }: Declared,
  signal: AbortSignal,
): Promise<void> {
  for (let open = connectionIds; open.length > 0; ) {
    const unsaid: string[] = []
    for (const connectionId of open) {
      // Another process may have asked, and somebody may have removed the connection.
      const stored = await connections.find(tenant, connectionId)
      if (!stored || stored.check?.status === 'succeeded') continue
      try {
        const { status, message, warnings } = await connections.noteCheck(tenant, connectionId, (settings) =>
          checkSettings(settings, { askIntercom, now: clock.now }, signal),
        )
        const level = status === 'failed' || warnings.length > 0 ? 'warn' : 'info'
        logger[level]({ tenant, connectionId, status, message, warnings }, 'declared connection checked')
      } catch (error) {
        if (signal.aborted || !(error instanceof CodedError)) throw error
        logger.warn({ tenant, connectionId, reason: error.message }, 'declared connection is checked later')
        unsaid.push(connectionId)
      }
    }
    if (unsaid.length > 0) await clock.sleep(checkAgainMs, signal)
    open = unsaid
  }
}
