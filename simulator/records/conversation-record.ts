import { createRandom, pick } from '../random.ts'
import { isAtLeast } from '../serving/api-version.ts'
import { companyId } from './company-record.ts'
import { planContact } from './contact-times.ts'
import { aiAgent, assignee, rating, source, statistics, tagList, teammates } from './conversation-pieces.ts'
import { type ConversationPlan, planConversation, planCreatedConversation } from './conversation-times.ts'
import { conversationMemberVersions, renamedResolutions, zeroForUnassigned } from './conversation-versions.ts'
import { shapesOf, withoutNewerMembers } from './member-versions.ts'
import type { RecordDefinition, RecordSetting } from './record-definition.ts'

function renderConversation(plan: ConversationPlan, setting: RecordSetting, version: string): string {
  const { index, id, createdAt, updatedAt, revision } = plan
  const random = createRandom(setting.seed, 17, index, revision)
  const contact = planContact(index % Math.max(1, setting.contactCount), setting).id
  const state = pick(random, ['open', 'closed', 'snoozed'])
  const unassigned = isAtLeast(version, zeroForUnassigned) ? 0 : null
  const agent = aiAgent(random, plan, setting, version)
  const conversation = {
    type: 'conversation',
    id,
    created_at: createdAt,
    updated_at: updatedAt,
    waiting_since: random() < 0.5 ? updatedAt : null,
    snoozed_until: state === 'snoozed' ? updatedAt + 86_400 : null,
    source: source(random, plan, contact),
    contacts: {
      type: 'contact.list',
      contacts: [{ type: 'contact', id: contact, external_id: String(10_000 + index) }],
    },
    first_contact_reply:
      random() < 0.5
        ? { created_at: createdAt, type: 'conversation', url: `https://example.com/?from=${index}` }
        : null,
    admin_assignee_id: assignee(random, 'admin', setting.adminCount, unassigned),
    team_assignee_id: assignee(random, 'team', setting.teamCount, unassigned),
    open: state === 'open',
    state,
    read: random() < 0.5,
    tags: tagList(random, plan, setting),
    priority: pick(
      random,
      isAtLeast(version, '2.16') ? ['none', 'low', 'high', 'urgent'] : ['not_priority', 'priority'],
    ),
    sla_applied: random() < 0.1 ? { type: 'conversation_sla_summary', sla_name: 'Gold', sla_status: 'hit' } : null,
    statistics: statistics(random, plan, setting),
    conversation_rating: rating(random, plan, contact),
    teammates: teammates(random, setting),
    title: random() < 0.3 ? `Order #${index} &amp; co` : null,
    custom_attributes: { Language: 'Português', 'CX score': index % 6, revision },
    topics:
      random() < 0.3 ? { type: 'topic.list', topics: [{ type: 'topic', id: 3, name: 'Billing' }], total_count: 1 } : {},
    ticket: null,
    linked_objects: { type: 'list', data: [], total_count: 0, has_more: false },
    ai_agent: agent,
    ai_agent_participated: agent !== null,
    company:
      setting.companyCount > 0 && random() < 0.4
        ? { type: 'company', id: companyId(index % setting.companyCount, setting) }
        : null,
    channel: channelOf(pick(random, ['messenger', 'email', null])),
    external_references: [],
    monitor_evaluations: null,
    scorecards: null,
    sales_agent_participated: false,
    sales_agent: null,
  }
  return JSON.stringify(withoutNewerMembers(conversation, conversationMemberVersions, version))
}

const channelOf = (current: string | null): object | null =>
  current === null ? null : { initial: 'messenger', current }

/** Conversations as `POST /conversations/search` gives them: everything except their parts. */
export const conversationDefinition: RecordDefinition<ConversationPlan> = {
  stream: 'conversations',
  plan: planConversation,
  planCreated: planCreatedConversation,
  render: renderConversation,
  shapes: shapesOf(conversationMemberVersions, { names: renamedResolutions, zero: zeroForUnassigned }),
  dated: true,
}
