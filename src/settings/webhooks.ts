import { type AllowList, createAllowList } from '../webhooks/allow-list.ts'
import type { VariableReader } from './environment.ts'

/** Receivers of webhooks that are allowed although they are not public. @param faults where wrong values are told */
export function readWebhookAllow(read: VariableReader, faults: string[]): AllowList {
  const entries = (read.text('WEBHOOK_ALLOW') ?? '').split(/[\s,]+/).filter((entry) => entry !== '')
  try {
    return createAllowList(entries)
  } catch (error) {
    faults.push(`WEBHOOK_ALLOW ${error instanceof Error ? error.message : String(error)}`)
    return createAllowList([])
  }
}
