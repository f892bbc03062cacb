import { digestOfJson } from '../../json/digest.ts'
import { appendPointer } from '../../json/json-pointer.ts'
import { isObject } from '../../json-object.ts'
import { maskSecrets } from '../bodies/connection-body.ts'
import { toWebhooksBody } from '../webhooks/webhook-body.ts'
import type { ConnectionDocument } from './connection-document.ts'

/** One member that would change. A secret shows as its mask, before and after. */
export interface MemberChange {
  pointer: string
  /** Absent: there was none. */
  before?: unknown
  /** Absent: there will be none. */
  after?: unknown
}

/** The members that tell two connections apart, in the order of their names. */
export function changesBetween(before: ConnectionDocument | undefined, after: ConnectionDocument): MemberChange[] {
  const [old, next] = [before ? membersOf(before) : new Map<string, Member>(), membersOf(after)]
  const pointers = [...new Set([...old.keys(), ...next.keys()])].sort()
  return pointers.flatMap((pointer) => {
    const [from, to] = [old.get(pointer), next.get(pointer)]
    if (from?.digest === to?.digest) return []
    return [{ pointer, ...(from && { before: from.shown }), ...(to && { after: to.shown }) }]
  })
}

interface Member {
  shown: unknown
  /** Of what is hidden, too. */
  digest: string
}

function membersOf({ config, catalog, webhooks, ...rest }: ConnectionDocument): Map<string, Member> {
  const members = new Map<string, Member>()
  const shown = maskSecrets(config)
  for (const [name, value] of Object.entries(config))
    members.set(appendPointer('/config', name), { shown: shown[name], digest: digestOfJson(value) })
  for (const configured of catalog.streams) {
    const { stream, sync_mode } = configured
    members.set(appendPointer('/streams', stream.name), { shown: sync_mode, digest: digestOfJson(configured) })
  }
  const shownWebhooks = toWebhooksBody(webhooks)
  for (const [place, webhook] of webhooks.entries())
    members.set(`/webhooks/${place}`, { shown: shownWebhooks[place], digest: digestOfJson(webhook) })
  addLeaves(members, '', rest)
  return members
}

function addLeaves(members: Map<string, Member>, pointer: string, value: unknown): void {
  if (isObject(value))
    for (const [name, member] of Object.entries(value)) addLeaves(members, appendPointer(pointer, name), member)
  else members.set(pointer, { shown: value, digest: digestOfJson([value]) })
}
