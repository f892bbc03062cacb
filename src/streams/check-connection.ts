import type { ConnectionStatus } from '../airbyte/connector-messages.ts'
import { type ApiVersion, defaultApiVersion, type SourceConfig } from '../airbyte/source-config.ts'
import { RefusedError } from '../intercom/answers/failures.ts'
import type { BriefClient } from '../intercom/brief-client.ts'
import { readMe, unknownWorkspace, type Workspace } from '../intercom/endpoints/workspace.ts'
import { createRedact } from '../redaction.ts'
import { connectionOfOtherWorkspace } from './other-workspace.ts'
import { listProbes } from './probes.ts'
import { askProbes, confirmRefusals, describeRefusal, probesOf, type Refusal, refusedStreams } from './refusals.ts'
import { findStream } from './table.ts'
import { isUnknown, nameUnknown } from './unknown-streams.ts'
import { lackOf } from './versions.ts'

interface Connection {
  workspace: Workspace
  /** The API version that served the requests. */
  version: string
  rateLimit: number | undefined
}

/**
 * Finds out whether a config can be used: checks the token, and the permission for every stream. Streams that are read only
 * when they are named are checked only when they are wanted.
 *
 * @param wanted streams that must be readable; for the others an unreadable stream is only reported
 * @param read the streams that syncs read @defaultValue any that are not opt-in
 * @param workspaceId the only workspace that is right @defaultValue any
 * @throws CodedError `intercom_unavailable` when Intercom itself gives no verdict
 */
export async function checkConnection(
  client: BriefClient,
  config: SourceConfig,
  wanted: readonly string[],
  read?: readonly string[],
  workspaceId?: string,
): Promise<ConnectionStatus> {
  const { status, message } = await examineConnection(client, config, wanted, read, workspaceId)
  return { status, message }
}

/** What a check has found. */
interface Examination extends ConnectionStatus {
  /** What Intercom refuses, if it answers at all. Not empty although the check succeeded: the others can be read. */
  refusals: Refusal[]
  /** Nothing is wrong but permissions of streams. */
  lacksOnlyPermissions: boolean
  /** Whose token it is, if that may be known. */
  workspaceId: string | undefined
}

/** The same with what the verdict rests on. */
export async function examineConnection(
  client: BriefClient,
  config: SourceConfig,
  wanted: readonly string[],
  read?: readonly string[],
  workspaceId?: string,
): Promise<Examination> {
  const examination = await judgeConnection(client, config, wanted, read, workspaceId)
  // The message quotes what Intercom says about itself, which may echo what we sent.
  return { ...examination, message: createRedact(config)(examination.message) }
}

const noRefusals = { refusals: [], lacksOnlyPermissions: false }

async function judgeConnection(
  client: BriefClient,
  config: SourceConfig,
  wanted: readonly string[],
  read: readonly string[] | undefined,
  workspaceId: string | undefined,
): Promise<Examination> {
  const version = config.api_version ?? defaultApiVersion
  const me = await unlessRefused(readMe(client, version))
  const whose = me instanceof RefusedError ? undefined : me.workspace.id
  if (workspaceId !== undefined && whose !== undefined && whose !== workspaceId) {
    const { message } = connectionOfOtherWorkspace(workspaceId, whose)
    return { ...noRefusals, status: 'FAILED', message, workspaceId: whose }
  }
  const unserved = [...new Set([...wanted, ...(read ?? [])])].flatMap((name) => lackOf(findStream(name), version) ?? [])
  if (unserved.length > 0)
    return { ...noRefusals, status: 'FAILED', message: `${unserved.join('; ')}.`, workspaceId: whose }
  const unknown = (read ?? []).filter(isUnknown)
  const probes = read ? probesOf([...read, ...wanted], version) : listProbes(wanted, version)
  const first = await askProbes(client, probes)
  const isHopeless = first.length === probes.length && me instanceof RefusedError
  const refusals = isHopeless ? first : await confirmRefusals(client, first, client.pause)

  const found = {
    refusals,
    lacksOnlyPermissions:
      !(me instanceof RefusedError) && refusals.length > 0 && refusals.every(({ error }) => error.unauthorized),
    workspaceId: whose,
  }
  if (read && unknown.length === read.length)
    return { ...found, status: 'FAILED', message: `No stream of the catalog is here: ${nameUnknown(unknown)}.` }
  if (refusals.length === probes.length)
    return { ...found, status: 'FAILED', message: whyNothing(me, refusals, config) }
  const missing = describeAll(refusals)
  if (refusedStreams(refusals).some((name) => wanted.includes(name))) {
    return { ...found, status: 'FAILED', message: `The token works, but not for every stream asked for. ${missing}` }
  }
  const connection = { ...toConnection(me, version), rateLimit: client.rateLimit() }
  const absent = unknown.length > 0 && `What is no stream of this version fails each sync: ${nameUnknown(unknown)}.`
  const lacks = [missing, absent].filter(Boolean).join(' ')
  const rest = lacks === '' ? 'All streams can be read.' : `Not all streams can be read. ${lacks}`
  return { ...found, status: 'SUCCEEDED', message: `${describeConnection(connection)} ${rest}` }
}

/** What is missing, and what a sync can do without it. */
function describeAll(refusals: readonly Refusal[]): string {
  if (refusals.length === 0) return ''
  const names = refusedStreams(refusals).join(', ')
  return `${refusals.map(describeRefusal).join('; ')}. A sync fails over them, unless "*" brings them. To do without, leave out (in Airbyte: deselect) ${names}.`
}

async function unlessRefused<Result>(asked: Promise<Result>): Promise<Result | RefusedError> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof RefusedError) return error
    throw error
  }
}

/** Why no stream can be read: the token, its permissions, or a problem that affects all requests. */
function whyNothing(
  me: Awaited<ReturnType<typeof readMe>> | RefusedError,
  refusals: readonly Refusal[],
  { region }: SourceConfig,
): string {
  const other = refusals.find(({ error }) => !error.unauthorized)
  if (other) return `Intercom refuses every stream. ${describeRefusal(other)}.`
  if (!(me instanceof RefusedError)) {
    const scopes = [...new Set(refusals.map(({ probe }) => `"${probe.scope}"`))].join(', ')
    return `The token works but has no permission for any stream. Add ${scopes} to its app in Intercom's Developer Hub.`
  }
  const elsewhere =
    region === undefined || region === 'auto' ? '' : `, or let region be auto if the workspace is not in ${region}`
  return `Intercom does not accept the access token (${me.failure.status}: ${me.failure.detail}). Put a valid one into access_token${elsewhere}.`
}

function toConnection(
  me: Awaited<ReturnType<typeof readMe>> | RefusedError,
  asked: ApiVersion,
): Omit<Connection, 'rateLimit'> {
  if (!(me instanceof RefusedError)) return { workspace: me.workspace, version: me.version ?? asked }
  return { workspace: unknownWorkspace, version: asked }
}

function describeConnection({ workspace, version, rateLimit }: Connection): string {
  const { id, region, timezone } = workspace
  const facts = [
    `region ${region ?? 'unknown'}`,
    `time zone ${timezone ?? 'unknown'}`,
    `API version ${version}`,
    rateLimit === undefined ? 'rate limit unknown' : `rate limit ${rateLimit} requests per 10 s`,
  ]
  return `Connected to workspace ${id ?? '(unknown: the token may not read /me)'}: ${facts.join(', ')}.`
}
