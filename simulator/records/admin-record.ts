import { createRandom, integerBetween } from '../random.ts'
import { type MemberVersions, shapesOf, withoutNewerMembers } from './member-versions.ts'
import { adminEmail, adminId, adminName, teamId } from './people.ts'
import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'

const memberVersions: MemberVersions = { away_status_reason_id: '2.14', role: '2.16' }

function planAdmin(index: number): RecordPlan {
  return { index, id: adminId(index), createdAt: 0, updatedAt: null, revision: 0 }
}

function renderAdmin({ index, id, revision }: RecordPlan, setting: RecordSetting, version: string): string {
  const random = createRandom(setting.seed, 11, index, revision)
  const isAway = random() < 0.3
  const teams = Array.from({ length: Math.min(setting.teamCount, integerBetween(random, 0, 3)) }, (_, place) =>
    Number(teamId((index + place) % setting.teamCount)),
  )
  const admin = {
    type: 'admin',
    email: adminEmail(index),
    id,
    name: revision === 0 ? adminName(index) : `${adminName(index)} r${revision}`,
    job_title: random() < 0.5 ? 'Support &amp; Care' : null,
    away_mode_enabled: isAway,
    away_mode_reassign: isAway && random() < 0.5,
    away_status_reason_id: isAway ? integerBetween(random, 1, 9) : null,
    has_inbox_seat: random() < 0.8,
    team_ids: teams,
    team_priority_level: teams.length > 0 ? { primary_team_ids: teams.slice(0, 1) } : {},
    role: { id: String(1 + (index % 3)), name: 'Agent' },
  }
  return JSON.stringify(withoutNewerMembers(admin, memberVersions, version))
}

const renderAvatar = ({ index }: RecordPlan): string =>
  `"avatar":${index % 3 === 2 ? 'null' : `{"type":"avatar","image_url":"https://static.intercomassets.com/admins/${index}/128.png"}`}`

/** Admins as `GET /admins` gives them: no times; an avatar only with `display_avatar`. */
export const adminDefinition: RecordDefinition = {
  stream: 'admins',
  plan: planAdmin,
  planCreated: planAdmin,
  render: renderAdmin,
  renderExtra: renderAvatar,
  shapes: shapesOf(memberVersions),
  dated: false,
}
