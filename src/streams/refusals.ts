import type { ApiVersion } from '../airbyte/source-config.ts'
import { RefusedError } from '../intercom/answers/failures.ts'
import { scanList } from '../intercom/answers/own-list.ts'
import type { IntercomClient } from '../intercom/client.ts'
import { CONFIRM_AFTER_MS } from '../intercom/endpoints/confirmed.ts'
import { readWorkspace } from '../intercom/endpoints/workspace.ts'
import { listProbes, type Probe } from './probes.ts'
import { findStream } from './table.ts'

/** Intercom's own refusal of a probe. */
export interface Refusal {
  probe: Probe
  error: RefusedError
}

/** Waits that many ms. */
type Pause = (ms: number) => Promise<void>

/** Sends the probes, and returns those that Intercom itself refuses. @throws CodedError when there is no verdict */
export async function askProbes(client: IntercomClient, probes: readonly Probe[]): Promise<Refusal[]> {
  const answers = await Promise.all(probes.map(async (probe) => ({ probe, error: await refusalOf(client, probe) })))
  return answers.flatMap(({ probe, error }) => (error ? [{ probe, error }] : []))
}

/**
 * A permission is missing only if Intercom says so twice, ten seconds apart. Asks about such refusals once more, and
 * returns those that are left; other refusals stay.
 */
export async function confirmRefusals(
  client: IntercomClient,
  refusals: readonly Refusal[],
  pause: Pause,
): Promise<Refusal[]> {
  const doubtful = refusals.filter(isOfPermission)
  if (doubtful.length === 0) return [...refusals]
  await pause(CONFIRM_AFTER_MS)
  const probes = doubtful.map(({ probe }) => probe)
  const again = new Map((await askProbes(client, probes)).map((refusal) => [refusal.probe, refusal]))
  return refusals.flatMap((refusal) => (isOfPermission(refusal) ? (again.get(refusal.probe) ?? []) : [refusal]))
}

/**
 * The permissions that the token lacks for some of these streams. Each refusal names only streams among them.
 *
 * @throws CodedError `token_invalid`, or when Intercom gives no verdict
 */
export async function findMissingPermissions(
  client: IntercomClient,
  streamNames: readonly string[],
  version: ApiVersion | undefined,
  pause: Pause,
): Promise<Refusal[]> {
  const refusals = (await askProbes(client, probesOf(streamNames, version))).filter(isOfPermission)
  if (refusals.length === 0) return []
  // For a token that nothing accepts, or that is revoked meanwhile, no permission is the cause.
  await readWorkspace(client, version)
  const confirmed = (await confirmRefusals(client, refusals, pause)).filter(isOfPermission)
  if (confirmed.length > 0) await readWorkspace(client, version)
  return confirmed
}

/** The probes of these streams alone. */
export function probesOf(streamNames: readonly string[], version: ApiVersion | undefined): Probe[] {
  return listProbes(streamNames, version).flatMap((probe) => {
    const named = probe.streamNames.filter((name) => streamNames.includes(name))
    return named.length > 0 ? [{ ...probe, streamNames: named }] : []
  })
}

/** Of a permission, or of a list that the workspace does not have. */
function isOfPermission({ error, probe }: Refusal): boolean {
  return error.unauthorized || isOfAbsence({ error, probe })
}

/** Whether the streams are such as not every workspace has, and this one does not. */
function isOfAbsence({ error, probe }: Refusal): boolean {
  return error.isAbsence && probe.streamNames.every((name) => findStream(name)?.mayBeAbsent)
}

/** The streams that cannot be read for these refusals. */
export function refusedStreams(refusals: readonly Refusal[]): string[] {
  return refusals.flatMap(({ probe }) => probe.streamNames)
}

/** A stream that cannot be read, as data. */
interface UnreadableStream {
  streamName: string
  /** `permission`: the token lacks one. `absent`: the workspace does not have the stream. `refused`: Intercom says no more. */
  reason: (typeof unreadableReasons)[number]
  /** The one that is missing, in Intercom's words. */
  permission?: string
  /** What Intercom answered. */
  detail: string
  /** What to do about it. */
  fix: string
}

export const unreadableReasons = ['permission', 'absent', 'refused'] as const

const leaveOut = 'Leave it out.'

/** The streams of these refusals, one entry for each permission that is missing. */
export function unreadableStreams(refusals: readonly Refusal[]): UnreadableStream[] {
  return refusals.flatMap((refusal) => {
    const { probe, error } = refusal
    const detail = `${error.failure.status}: ${error.failure.detail}`
    return probe.streamNames.map((streamName): UnreadableStream => {
      if (isOfAbsence(refusal)) return { streamName, reason: 'absent', detail, fix: leaveOut }
      if (!error.unauthorized) return { streamName, reason: 'refused', detail, fix: leaveOut }
      const fix = `Add the permission "${probe.scope}" to the app of the token in Intercom's Developer Hub, or leave the stream out.`
      return { streamName, reason: 'permission', permission: probe.scope, detail, fix }
    })
  })
}

/** Which streams cannot be read, and why, for people. */
export function describeRefusal(refusal: Refusal): string {
  const { probe, error } = refusal
  const { status, detail } = error.failure
  const names = probe.streamNames.join(', ')
  if (isOfAbsence(refusal)) return `${names}: the workspace does not have it (${status}: ${detail})`
  return error.unauthorized
    ? `${names}: the token lacks the permission "${probe.scope}" (${status}: ${detail}); add it to its app in Intercom's Developer Hub`
    : `${names}: Intercom answered ${status}: ${detail}`
}

async function refusalOf(
  client: IntercomClient,
  { request, shape, isOfNobody }: Probe,
): Promise<RefusedError | undefined> {
  try {
    await client.ask(request, ({ body }) => scanList(body, shape, request.path))
    return undefined
  } catch (error) {
    if (error instanceof RefusedError) return isOfNobody && error.gone ? undefined : error
    throw error
  }
}
