import { createRandom, integerBetween, pick } from '../random.ts'
import { attachment } from './conversation-pieces.ts'
import { shapesOf, withoutNewerMembers } from './member-versions.ts'
import { isFirstRedacted, type PartPlan } from './part-record.ts'
import { authorAdmin, authorBot } from './people.ts'
import type { RecordSetting } from './record-definition.ts'
import type { ThreadForm } from './thread.ts'
import { movedEvery, stateAfter } from './ticket-times.ts'

const mostParts = 100_000
const firstPartId = 188_000_000

/** Parts that report a changed attribute have it from this version on. */
const memberVersions = { updated_attribute_data: '2.14' }

const attributeData = {
  attribute: { type: 'attribute', id: '7', label: 'Progress &amp; more' },
  value: { type: 'value', id: 'Fast', label: 'Fast' },
}

function renderTicketPart(plan: PartPlan, setting: RecordSetting, version: string): string {
  const { index, id, conversation: ticket, createdAt, updatedAt, revision, states, isRedacted } = plan
  const random = createRandom(setting.seed, 22, ticket, index, revision)
  const isAttribute = states === undefined && index % 7 === 4
  const isText = states === undefined && !isAttribute
  const admin = authorAdmin(random, setting.adminCount)
  const author = random() < 0.2 ? authorBot(random) : random() < 0.6 ? admin : undefined
  const part = {
    type: 'ticket_part',
    // Live responses write some ids as numbers.
    id: index % 13 === 5 ? Number(id) : id,
    part_type:
      states !== undefined
        ? 'ticket_state_updated_by_admin'
        : isAttribute
          ? 'ticket_attribute_updated_by_admin'
          : pick(random, ['comment', 'note', 'assignment']),
    ...(isText ? { body: isRedacted ? null : `<p>Ticket part ${index} &amp; r${revision}</p>` } : {}),
    ...(states === undefined ? {} : { ticket_state: states.to, previous_ticket_state: states.from }),
    created_at: createdAt,
    updated_at: updatedAt,
    ...(random() < 0.2 ? { assigned_to: { type: 'admin', id: admin.id } } : {}),
    author: author ?? { type: 'user', id: `6762f${ticket}`, name: 'Łukasz', email: 'l@example.com' },
    attachments: isText && !isRedacted && index % 6 === 2 ? [attachment(random, integerBetween(random, 1e6, 1e9))] : [],
    ...(random() < 0.1 ? { external_id: `external-${index}` } : {}),
    redacted: isRedacted,
    ...(isAttribute ? { updated_attribute_data: attributeData } : {}),
  }
  return JSON.stringify(withoutNewerMembers(part, memberVersions, version))
}

const isMove = (place: number): boolean => place % movedEvery === movedEvery - 1

function firstTraits(place: number): Pick<PartPlan, 'isRedacted' | 'states'> {
  if (!isMove(place)) return { isRedacted: isFirstRedacted(place) }
  const moves = (place + 1) / movedEvery
  return { isRedacted: false, states: { from: stateAfter(moves - 1), to: stateAfter(moves) } }
}

/** Ticket parts as they appear inside tickets. */
export const ticketThread: ThreadForm = {
  definition: { stream: 'ticket_parts', render: renderTicketPart, shapes: shapesOf(memberVersions) },
  partId: (ticket, place) => String(firstPartId + ticket * mostParts + place),
  firstTraits,
}
