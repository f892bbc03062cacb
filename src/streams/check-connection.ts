import type { ConnectionStatus } from '../airbyte/connector-messages.ts'
import { type ApiVersion, defaultApiVersion, type SourceConfig } from '../airbyte/source-config.ts'
import { RefusedError } from '../intercom/answers/failures.ts'
import { scanList } from '../intercom/answers/own-list.ts'
import type { BriefClient } from '../intercom/brief-client.ts'
import { readMe, unknownWorkspace, type Workspace } from '../intercom/endpoints/workspace.ts'
import { createRedact } from '../redaction.ts'
import { listProbes, type Probe } from './probes.ts'

interface Refusal {
  probe: Probe
  error: RefusedError
}

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
 * @throws CodedError `intercom_unavailable` when Intercom itself gives no verdict
 */
export async function checkConnection(
  client: BriefClient,
  config: SourceConfig,
  wanted: readonly string[],
): Promise<ConnectionStatus> {
  const { status, message } = await judgeConnection(client, config, wanted)
  // The message quotes what Intercom says about itself, which may echo what we sent.
  return { status, message: createRedact(config)(message) }
}

async function judgeConnection(
  client: BriefClient,
  config: SourceConfig,
  wanted: readonly string[],
): Promise<ConnectionStatus> {
  const version = config.api_version ?? defaultApiVersion
  const me = await unlessRefused(readMe(client, version))
  const probes = listProbes(wanted, version)
  const answers = await Promise.all(probes.map(async (probe) => ({ probe, error: await probeStreams(client, probe) })))
  const refusals = answers.flatMap(({ probe, error }) => (error ? [{ probe, error }] : []))

  if (refusals.length === probes.length) return { status: 'FAILED', message: whyNothing(me, refusals, config) }
  const missing = refusals.map(describeRefusal).join('; ')
  if (refusals.some(({ probe }) => probe.streamNames.some((name) => wanted.includes(name)))) {
    return { status: 'FAILED', message: `The token works, but not for every stream asked for. ${missing}.` }
  }
  const connection = { ...toConnection(me, version), rateLimit: client.rateLimit() }
  const rest = missing === '' ? 'All streams can be read.' : `Not all streams can be read. ${missing}.`
  return { status: 'SUCCEEDED', message: `${describeConnection(connection)} ${rest}` }
}

async function probeStreams(client: BriefClient, { request, recordsPath }: Probe): Promise<RefusedError | undefined> {
  const read = (body: Buffer) => scanList(body, { recordsPath, members: [] }, request.path)
  const answer = await unlessRefused(client.ask(request, ({ body }) => read(body)))
  return answer instanceof RefusedError ? answer : undefined
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

function describeRefusal({ probe, error }: Refusal): string {
  const { status, detail } = error.failure
  const names = probe.streamNames.join(', ')
  return error.unauthorized
    ? `${names}: the token lacks the permission "${probe.scope}" (${status}: ${detail}); add it to its app in Intercom's Developer Hub`
    : `${names}: Intercom answered ${status}: ${detail}`
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
