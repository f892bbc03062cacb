import { createRandom, integerBetween, pick, type Random } from '../../random.ts'
import { isAtLeast } from '../../serving/api-version.ts'
import { objectId } from '../object-id.ts'
import { adminId, teamId } from '../people.ts'
import type { RecordPlan, RecordSetting } from '../record-definition.ts'
import { type PlainList, revised } from './plain-record.ts'

const titles = ['Getting started &amp; more', 'Rechnungen ändern', '請求書について', 'Export "CSV" files'] as const
const bodies = [
  '<p class="no-margin">Open <b>Settings</b>.</p>\n',
  '<p>50\u00a0MB, \u2028 das reicht 🎉.</p>',
  '',
] as const
/** So many records were saved in one second. */
const importedTogether = 12

const anyAdmin = (random: Random, { adminCount }: RecordSetting): number =>
  Number(adminId(Math.floor(random() * Math.max(1, adminCount))))

const times = ({ createdAt, updatedAt }: RecordPlan) => ({ created_at: createdAt, updated_at: updatedAt })

const isoTime = (seconds: number | null): string | null =>
  seconds === null ? null : new Date(seconds * 1000).toISOString()

/** The conversation that a call belongs to, if it belongs to one; a conversation may have several calls. */
function conversationOfCall({ index }: RecordPlan, { seed }: RecordSetting): string | null {
  const random = createRandom(seed, 56, index)
  return random() < 0.1 ? null : String(64_619_700_000_000 + integerBetween(random, 0, 60))
}

const callAddress = (id: string, what: string): string => `https://api.intercom.io/calls/${id}/${what}`

/** Lists of what a workspace has written, and of calls. */
export const contentLists = {
  collections: {
    key: 50,
    firstId: 165_000,
    together: importedTogether,
    members: (random, plan, { workspaceId }) => ({
      id: plan.id,
      workspace_id: workspaceId,
      name: revised(`${pick(random, titles)} ${plan.index}`, plan),
      url: `http://help-center.example.com/collection-${plan.id}`,
      order: plan.index,
      ...times(plan),
      description: random() < 0.3 ? null : 'About this',
      icon: 'book-bookmark',
      parent_id: random() < 0.5 ? null : String(165_000),
      help_center_id: random() < 0.2 ? null : 79,
      default_locale: 'en',
      translated_content:
        random() < 0.5
          ? null
          : {
              type: 'group_translated_content',
              de: { type: 'group_content', name: 'Übersicht &amp; mehr', description: '' },
            },
    }),
  },
  internal_articles: {
    key: 51,
    together: importedTogether,
    shapes: ['2.16'],
    members: (random, plan, setting, version) => ({
      id: plan.id,
      title: revised(`${pick(random, titles)} ${plan.index}`, plan),
      body: pick(random, bodies),
      owner_id: anyAdmin(random, setting),
      author_id: anyAdmin(random, setting),
      ...times(plan),
      locale: 'en',
      ...(isAtLeast(version, '2.16') && {
        type: 'internal_article',
        body_markdown: '# Markdown\n\nThe same.\n',
        audience_ids: random() < 0.5 ? null : [1, 2],
        ai_chatbot_availability: true,
        ai_copilot_availability: true,
        ai_sales_agent_availability: false,
      }),
    }),
  },
  news_items: {
    key: 52,
    together: importedTogether,
    members: (random, plan, setting) => ({
      id: plan.id,
      type: 'news-item',
      workspace_id: setting.workspaceId,
      title: revised(`${pick(random, titles)} ${plan.index}`, plan),
      body: pick(random, bodies),
      sender_id: anyAdmin(random, setting),
      state: pick(random, ['draft', 'live']),
      labels: random() < 0.5 ? [] : ['New &amp; shiny', null],
      cover_image_url: random() < 0.5 ? null : 'https://downloads.example.com/cover.png',
      reactions: ['🆒', null, '👎'],
      deliver_silently: random() < 0.5,
      ...times(plan),
      newsfeed_assignments: random() < 0.5 ? [] : [{ newsfeed_id: 198, published_at: 1_674_917_488 }],
    }),
  },
  macros: {
    key: 53,
    members: (random, plan, { teamCount }) => ({
      type: 'macro',
      id: plan.id,
      name: revised(`${pick(random, titles)} ${plan.index}`, plan),
      body: '<p>Hi <attribute key="user.name" default="there"/></p>',
      body_text: "Hi {{user.name|fallback:'there'}}",
      created_at: isoTime(plan.createdAt),
      updated_at: isoTime(plan.updatedAt),
      visible_to: teamCount > 0 ? 'specific_teams' : 'everyone',
      visible_to_team_ids: teamCount > 0 ? [teamId(0)] : [],
      available_on: random() < 0.5 ? ['inbox'] : ['inbox', 'messenger'],
    }),
  },
  content_snippets: {
    key: 54,
    together: importedTogether,
    members: (random, plan) => ({
      type: 'content_snippet',
      id: plan.id,
      title: random() < 0.1 ? null : revised(`${pick(random, titles)} ${plan.index}`, plan),
      locale: 'en',
      json_blocks: [{ type: 'paragraph', text: revised(pick(random, bodies), plan) }],
      body_markdown: '# Markdown\n',
      chatbot_availability: 1,
      copilot_availability: 0,
      ai_chatbot_availability: true,
      ai_copilot_availability: false,
      ai_sales_agent_availability: true,
      ...times(plan),
      audience_ids: random() < 0.5 ? null : [1, 2],
    }),
  },
  calls: {
    key: 55,
    members(random, plan, setting) {
      const { seed, contactCount } = setting
      const contact = Math.floor(random() * Math.max(1, contactCount))
      // Both forms are documented.
      const time = plan.index % 2 === 0 ? (seconds: number | null) => seconds : isoTime
      return {
        type: 'call',
        id: plan.id,
        conversation_id: conversationOfCall(plan, setting),
        admin_id: random() < 0.3 ? null : adminId(0),
        contact_id: objectId(seed, 1, contact, plan.createdAt),
        state: revised('completed', plan),
        initiated_at: time(plan.createdAt),
        answered_at: random() < 0.3 ? null : time(plan.createdAt),
        ended_at: time(plan.updatedAt),
        created_at: time(plan.createdAt),
        updated_at: time(plan.updatedAt),
        recording_url: random() < 0.3 ? null : callAddress(plan.id, 'recording'),
        transcription_url: random() < 0.3 ? null : callAddress(plan.id, 'transcript'),
        call_type: 'phone',
        direction: pick(random, ['inbound', 'outbound']),
        ended_reason: 'completed',
        phone: '+15551234567',
        fin_recording_url: null,
        fin_transcription_url: null,
      }
    },
  },
} as const satisfies Record<string, PlainList>
