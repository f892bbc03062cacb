import { api, resultOf } from '../api/client.ts'
import type { Access } from './draft.ts'

/** What Intercom says about a token. */
export interface CheckResult {
  isGood: boolean
  /** In sentences. */
  message: string
}

/** A verdict, and what it is about. */
export interface Checked {
  /** The access that was tested, as JSON. */
  subject: string
  result: CheckResult
}

/** Asks Intercom. @throws CallError when it gives no verdict */
export async function checkAccess(access: Access): Promise<CheckResult> {
  const { connectionStatus } = await resultOf(api.POST('/v1/check', { body: access }))
  return { isGood: connectionStatus.status === 'SUCCEEDED', message: connectionStatus.message }
}

/** The streams that the token may not read: those that the message says to leave out. */
export function refusedStreams(check: CheckResult | undefined, names: ReadonlySet<string>): Set<string> {
  const [, list = ''] = /leave out \(in Airbyte: deselect\) ([^.]*)\./.exec(check?.message ?? '') ?? []
  return new Set((list.match(/\w+/g) ?? []).filter((word) => names.has(word)))
}

/** The facts and the faults of the message, one to a line. */
export function sentencesOf(message: string): string[] {
  return message
    .split(/(?<=[.!])\s+(?=[A-Z])|;\s+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')
}
