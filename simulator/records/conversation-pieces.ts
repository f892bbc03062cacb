import { integerBetween, pick, type Random } from '../random.ts'
import { isAtLeast } from '../serving/api-version.ts'
import type { ConversationPlan } from './conversation-times.ts'
import { renamedResolutions } from './conversation-versions.ts'
import { adminId, authorAdmin, teamId } from './people.ts'
import type { RecordSetting } from './record-definition.ts'
import { attachmentUrl } from './signed-urls.ts'

/** The larger members of a conversation. */

/** An attached file. Its address is signed anew with every read. */
export function attachment(random: Random, file: number): object {
  return {
    type: 'upload',
    name: 'réçu &amp; more.png',
    url: attachmentUrl(file, 'receipt.png'),
    content_type: 'image/png',
    filesize: integerBetween(random, 100, 90_000),
    width: 640,
    height: random() < 0.5 ? 480 : null,
  }
}

/** The opening message, which is not one of the parts. Sometimes `null`. */
export function source(random: Random, plan: ConversationPlan, contactId: string): object | null {
  if (plan.index % 23 === 9) return null
  return {
    type: pick(random, ['conversation', 'email', 'push']),
    id: String(403_000_000 + plan.index),
    delivered_as: pick(random, ['customer_initiated', 'admin_initiated', 'automated']),
    subject: random() < 0.3 ? '<p>Invoice &amp; receipt</p>' : '',
    body: random() < 0.9 ? `<p>Hello, <b>${plan.index}</b> &amp; more</p>` : null,
    author: { type: 'user', id: contactId, name: null, email: `person${plan.index}@example.com` },
    attachments: plan.index % 11 === 4 ? [attachment(random, 700_000 + plan.index)] : [],
    url: random() < 0.3 ? `https://example.com/pricing?plan=${plan.index}` : null,
    redacted: random() < 0.02,
    recipients: [],
    reply_to: null,
  }
}

/** Null for conversations that nobody has counted yet. `count_conversation_parts` includes the opening message. */
export function statistics(random: Random, plan: ConversationPlan, setting: RecordSetting): object | null {
  if (plan.index % 29 === 13) return null
  const { createdAt, updatedAt, partCount } = plan
  const time = (share: number): number | null =>
    random() < share ? integerBetween(random, createdAt, updatedAt + 1) : null
  const span = (share: number): number | null => (random() < share ? integerBetween(random, 1, 90_000) : null)
  return {
    type: 'conversation_statistics',
    time_to_assignment: span(0.5),
    time_to_admin_reply: span(0.5),
    time_to_first_close: span(0.4),
    time_to_last_close: span(0.4),
    median_time_to_reply: span(0.5),
    first_contact_reply_at: time(0.8),
    first_assignment_at: time(0.5),
    first_admin_reply_at: time(0.5),
    first_close_at: time(0.4),
    last_assignment_at: time(0.5),
    last_assignment_admin_reply_at: time(0.3),
    last_contact_reply_at: time(0.8),
    last_admin_reply_at: time(0.5),
    last_close_at: time(0.4),
    last_closed_by_id: random() < 0.4 ? Number(adminId(plan.index % Math.max(1, setting.adminCount))) : null,
    count_reopens: integerBetween(random, 0, 3),
    count_assignments: integerBetween(random, 0, 4),
    count_conversation_parts: partCount + 1,
    assigned_team_first_response_time: [],
    handling_time: span(0.5),
    adjusted_handling_time: span(0.5),
  }
}

export function rating(random: Random, plan: ConversationPlan, contactId: string): object | null {
  if (random() < 0.8) return null
  return {
    rating: integerBetween(random, 1, 6),
    remark: random() < 0.5 ? 'merci &lt;3' : null,
    created_at: plan.createdAt,
    updated_at: plan.updatedAt,
    contact: { type: 'contact', id: contactId },
    teammate: { type: 'admin', id: Number(adminId(0)) },
  }
}

/** What the AI agent did, in the words of that version. */
export function aiAgent(
  random: Random,
  plan: ConversationPlan,
  { rowsInside }: RecordSetting,
  version: string,
): object | null {
  if (random() < 0.6) return null
  const handedOver = isAtLeast(version, renamedResolutions) ? 'escalated' : 'routed_to_team'
  return {
    source_type: 'workflow',
    source_title: 'Fin &amp; friends',
    last_answer_type: pick(random, ['ai_answer', 'custom_answer', null]),
    resolution_state: pick(random, ['assumed_resolution', 'confirmed_resolution', handedOver]),
    rating: random() < 0.2 ? integerBetween(random, 1, 6) : null,
    rating_remark: null,
    created_at: plan.createdAt,
    updated_at: plan.updatedAt,
    content_sources: contentSources(rowsInside ? 1 + ((plan.index + plan.revision) % 3) : 0),
  }
}

/** What the AI agent's answers rest on. The same article may be named twice. */
function contentSources(count: number): object {
  const sources = Array.from({ length: count }, (_, place) => ({
    content_type: 'article',
    url: `https://help.example.com/articles/${Math.floor(place / 2)}?lang=pt`,
    title: 'Preços &amp; more',
    locale: 'pt',
  }))
  return { type: 'content_source.list', total_count: count, content_sources: sources }
}

export function tagList(random: Random, plan: ConversationPlan, setting: RecordSetting): object {
  const length = Math.min(setting.tagCount, integerBetween(random, 0, 3))
  const tags = Array.from({ length }, (_, place) => ({
    type: 'tag',
    id: String(102 + place),
    name: `tag ${place}`,
    applied_at: plan.createdAt,
    applied_by: { type: 'admin', id: adminId(0) },
  }))
  return { type: 'tag.list', tags }
}

export function teammates(random: Random, setting: RecordSetting): object | null {
  if (random() < 0.3) return null
  const { type, id } = authorAdmin(random, setting.adminCount)
  return { type: 'admin.list', admins: random() < 0.7 ? [{ type, id }] : [] }
}

/** An id that is a number on some rows and a text on others; `unassigned` when there is none. */
export function assignee(random: Random, kind: 'admin' | 'team', count: number, unassigned: 0 | null): unknown {
  const draw = random()
  if (draw < 0.3 || count === 0) return unassigned
  const id = (kind === 'admin' ? adminId : teamId)(Math.floor(random() * count))
  return draw < 0.6 ? Number(id) : id
}
