import { createRandom, integerBetween } from '../random.ts'
import { objectId } from './object-id.ts'
import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'

const deletionKey = 33

/** An entry of a list that tells what became of records. Its members are fixed when it is made. */
export interface DeletionPlan extends RecordPlan {
  members: Readonly<Record<string, unknown>>
}

/** What `GET /contacts/deleted` says of a contact. */
export type InactiveStatus = 'archived' | 'blocked' | 'merged' | 'pending_deletion' | 'permanently_deleted'

const statuses = ['archived', 'blocked', 'merged', 'pending_deletion', 'permanently_deleted'] as const

const render = ({ members }: DeletionPlan): string => JSON.stringify(members)

/** Nothing is created here by itself: every entry follows from a change of a contact or a conversation. */
const planCreated = (): never => {
  throw new RangeError('An entry is made by deleting, merging or archiving a record')
}

/** @param deletedAt Unix seconds */
export function deletedConversation(index: number, id: string, deletedAt: number): DeletionPlan {
  const members = { type: 'conversation', id, metrics_retained: index % 3 !== 0, deleted_at: deletedAt }
  return { index, id, createdAt: deletedAt, updatedAt: deletedAt, revision: 0, members }
}

/** @param status with the contact that a merged one became part of, where it is `merged` */
export function inactiveContact(
  index: number,
  id: string,
  { status, into }: { status: InactiveStatus; into?: string | undefined },
): DeletionPlan {
  const isKnown = status !== 'permanently_deleted'
  const members = {
    type: 'contact',
    id,
    external_id: isKnown ? `former-${index}` : null,
    email: isKnown ? `former+${index}&amp;co@example.com` : null,
    role: 'user',
    status,
    ...(status === 'merged' && { merged_into_id: into }),
  }
  return { index, id, createdAt: 0, updatedAt: null, revision: 0, members }
}

/** @param more what an event of this kind names besides @param time Unix seconds */
export function contactActivity(
  index: number,
  time: number,
  { kind, contact, more = {} }: { kind: string; contact: string; more?: Readonly<Record<string, unknown>> },
): DeletionPlan {
  const id = `${time}000.${index.toString(16).padStart(4, '0')}`
  const members = {
    type: 'contact_activity',
    id,
    event_type: `contact.${kind}`,
    contact_id: contact,
    external_id: `former-${index}`,
    role: 'user',
    ...more,
    created_at: time,
  }
  return { index, id, createdAt: time, updatedAt: time, revision: 0, members }
}

/** What was deleted before the workspace begins: six of one second, as a bulk action does it. */
function timeOf(index: number, { seed, span: { from, to } }: RecordSetting): number {
  return integerBetween(createRandom(seed, deletionKey, Math.floor(index / 6)), from, to)
}

const formerContact = (index: number, setting: RecordSetting): string =>
  objectId(setting.seed, 33, index, setting.span.from)

export const deletedConversationDefinition: RecordDefinition<DeletionPlan> = {
  stream: 'deleted_conversations',
  plan: (index, setting) => deletedConversation(index, String(90_000 + index), timeOf(index, setting)),
  planCreated,
  render,
  dated: false,
}

export const deletedContactDefinition: RecordDefinition<DeletionPlan> = {
  stream: 'deleted_contacts',
  plan: (index, setting) =>
    inactiveContact(index, formerContact(index, setting), {
      status: statuses[index % statuses.length] ?? 'archived',
      into: formerContact(index + 1, setting),
    }),
  planCreated,
  render,
  dated: false,
}

/** At the start the events of one contact after the other, oldest first. */
export const contactActivityDefinition: RecordDefinition<DeletionPlan> = {
  stream: 'contact_activities',
  plan: (index, setting) =>
    contactActivity(index, setting.span.from + 60 * Math.floor(index / 6), {
      kind: index % 2 === 0 ? 'created' : 'role_updated',
      contact: formerContact(index, setting),
    }),
  planCreated,
  render,
  dated: false,
}
