import type { MemberVersions } from './member-versions.ts'

/** Members that conversations and their parts gained, with the version. Before that version the member is absent. */
export const conversationMemberVersions: MemberVersions = {
  'statistics.assigned_team_first_response_time': '2.13',
  'statistics.handling_time': '2.13',
  'statistics.adjusted_handling_time': '2.13',
  'conversation_rating.updated_at': '2.14',
  'ai_agent.created_at': '2.14',
  'ai_agent.updated_at': '2.14',
  company: '2.15',
  channel: '2.16',
  external_references: '2.16',
  monitor_evaluations: '2.16',
  scorecards: '2.16',
  sales_agent_participated: '2.16',
  sales_agent: '2.16',
  'source.recipients': '2.16',
  'source.reply_to': '2.16',
}

export const partMemberVersions: MemberVersions = {
  email_message_metadata: '2.13',
  state: '2.13',
  tags: '2.13',
  event_details: '2.13',
  app_package_code: '2.13',
  metadata: '2.14',
  'author.from_ai_agent': '2.14',
  'author.is_ai_answer': '2.14',
}

/** From here on an AI agent's `resolution_state` has new words, e.g. `escalated` for `routed_to_team`. */
export const renamedResolutions = '2.15'
/** From here on a conversation without an assignee has 0 in place of null. */
export const zeroForUnassigned = '2.16'
