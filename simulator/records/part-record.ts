import { createRandom, integerBetween, pick, type Random } from '../random.ts'
import { attachment } from './conversation-pieces.ts'
import { partMemberVersions } from './conversation-versions.ts'
import { shapesOf, withoutNewerMembers } from './member-versions.ts'
import { authorAdmin, authorBot, numberOrText } from './people.ts'
import { proseOf } from './prose.ts'
import type { RecordPlan, RecordSetting } from './record-definition.ts'
import { emailOf, partTags } from './rows-of-parts.ts'
import type { ThreadForm } from './thread.ts'

const mostParts = 100_000
const firstPartId = 16_000_000_000

/** A part of the conversation or ticket at this place; `index` is its own place in there. */
export interface PartPlan extends RecordPlan {
  updatedAt: number
  conversation: number
  isRedacted: boolean
  /** For parts that move a ticket: the state before and the state after. */
  states?: { from: string; to: string }
}

/** Ids of parts grow inside a conversation and are unique in the workspace. */
const partId = (conversation: number, place: number): string => String(firstPartId + conversation * mostParts + place)

const events = [
  ['assignment', null],
  ['conversation_attribute_updated_by_admin', { attribute: { name: 'Language' }, value: { name: 'pt &amp; br' } }],
  ['conversation_tags_updated', null],
  ['snoozed', null],
] as const

function authorOf(random: Random, plan: PartPlan, setting: RecordSetting): Record<string, unknown> {
  const draw = random()
  if (draw < 0.2) return { ...authorBot(random), from_ai_agent: true, is_ai_answer: random() < 0.5 }
  if (draw < 0.6) return { ...authorAdmin(random, setting.adminCount), from_ai_agent: false, is_ai_answer: false }
  return { type: pick(random, ['user', 'lead']), id: `6762f${plan.index}`, name: 'Łukasz', email: 'l@example.com' }
}

function bodyOf(random: Random, plan: PartPlan, { proseLength }: RecordSetting): string {
  const prose = proseLength > 0 ? `<p>${proseOf(random, proseLength)}</p>` : ''
  const text = `<p>Part ${plan.index} &amp; r${plan.revision}</p>${prose}`
  return random() < 0.1 ? `${text}\n<a href="https://example.com/?q=${plan.index}">\u2028 👩‍👩‍👧‍👦</a>` : text
}

function renderPart(plan: PartPlan, setting: RecordSetting, version: string): string {
  const { index, id, conversation, createdAt, updatedAt } = plan
  const random = createRandom(setting.seed, 18, conversation, index, plan.revision)
  const event = index % 4 === 3 ? pick(random, events) : undefined
  const hasFile = event === undefined && !plan.isRedacted && index % 9 === 2
  const part = {
    type: 'conversation_part',
    // Live responses write some ids as numbers.
    id: index % 17 === 5 ? Number(id) : id,
    part_type: event?.[0] ?? pick(random, ['comment', 'note', 'assignment']),
    body: event !== undefined || plan.isRedacted ? null : bodyOf(random, plan, setting),
    created_at: createdAt,
    updated_at: updatedAt,
    notified_at: createdAt,
    assigned_to:
      random() < 0.2
        ? { type: 'admin', id: numberOrText(random, authorAdmin(random, setting.adminCount).id ?? '') }
        : null,
    author: authorOf(random, plan, setting),
    attachments: hasFile ? [attachment(random, integerBetween(random, 1e6, 1e9))] : [],
    external_id: random() < 0.1 ? `external-${index}` : null,
    redacted: plan.isRedacted,
    email_message_metadata: setting.rowsInside ? emailOf(plan) : null,
    state: pick(random, ['open', 'closed']),
    tags: setting.rowsInside ? partTags(plan) : [],
    event_details: event?.[1] ?? null,
    app_package_code: null,
    metadata: random() < 0.1 ? {} : null,
  }
  const text = JSON.stringify(withoutNewerMembers(part, partMemberVersions, version))
  // An emoji that somebody's editor has cut in half.
  return setting.oddities && index % 50 === 21 ? text.replace('<p>Part', '<p>\\ud83d Part') : text
}

/** Whether a part is redacted from the start. */
export const isFirstRedacted = (place: number): boolean => place % 19 === 6

/** Conversation parts as `GET /conversations/{id}` gives them. */
export const conversationThread: ThreadForm = {
  definition: { stream: 'conversation_parts', render: renderPart, shapes: shapesOf(partMemberVersions) },
  partId,
  firstTraits: (place) => ({ isRedacted: isFirstRedacted(place) }),
}
