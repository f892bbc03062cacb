import { api, resultOf } from '../api/client.ts'
import type { CheckAnswer } from '../api/types.ts'
import type { Access } from './draft.ts'

export type UnreadableStream = NonNullable<CheckAnswer['unreadableStreams']>[number]

/** What Intercom says about a token. */
export interface CheckResult {
  isGood: boolean
  /** In sentences. */
  message: string
  /** What the token leads to, if it is good. */
  workspace: CheckAnswer['workspace']
  /** What it may not read, of all streams. */
  unreadable: readonly UnreadableStream[]
}

/** A verdict, and what it is about. */
export interface Checked {
  /** The access that was tested, as JSON. */
  subject: string
  result: CheckResult
}

/** What the service is asked: it tries every stream, so that each can be chosen or left out before anything is read. */
export function checkBody(access: Access) {
  return { ...access, everyStream: true }
}

/** Asks Intercom. @throws CallError when it gives no verdict */
export async function checkAccess(access: Access): Promise<CheckResult> {
  const answer = await resultOf(api.POST('/v1/check', { body: checkBody(access) }))
  const { connectionStatus, workspace, unreadableStreams = [] } = answer
  return {
    isGood: connectionStatus.status === 'SUCCEEDED',
    message: connectionStatus.message,
    workspace,
    unreadable: unreadableStreams,
  }
}

/** The streams that the token may not read. */
export function refusedStreams(check: CheckResult | undefined): Set<string> {
  return new Set(check?.unreadable.map(({ streamName }) => streamName))
}
