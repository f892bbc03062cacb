import { createRandom, integerBetween, pick } from '../random.ts'
import { type MemberVersions, shapesOf, withoutNewerMembers } from './member-versions.ts'
import { adminId, teamId } from './people.ts'
import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'

const memberVersions: MemberVersions = { assignment_limit: '2.14', distribution_method: '2.14' }
const names = ['Support', 'Sales &amp; Success', 'Échéances', '請求'] as const

function planTeam(index: number): RecordPlan {
  return { index, id: teamId(index), createdAt: 0, updatedAt: null, revision: 0 }
}

function priorities(admins: readonly number[], { rowsInside }: RecordSetting): object {
  const primary_admin_ids = admins.slice(0, 1)
  return rowsInside ? { primary_admin_ids, secondary_admin_ids: admins.slice(1) } : { primary_admin_ids }
}

function renderTeam({ index, id, revision }: RecordPlan, setting: RecordSetting, version: string): string {
  const random = createRandom(setting.seed, 12, index, revision)
  const length = Math.min(setting.adminCount, integerBetween(random, 0, 4))
  const admins = Array.from({ length }, (_, place) => Number(adminId((index + place) % setting.adminCount)))
  const name = `${names[index % names.length]} ${index}`
  const team = {
    type: 'team',
    id,
    name: revision === 0 ? name : `${name} r${revision}`,
    admin_ids: admins,
    admin_priority_level: admins.length > 0 ? priorities(admins, setting) : null,
    assignment_limit: random() < 0.5 ? integerBetween(random, 1, 20) : null,
    distribution_method: pick(random, ['round_robin', 'load_balanced', null]),
  }
  return JSON.stringify(withoutNewerMembers(team, memberVersions, version))
}

/** Teams as `GET /teams` gives them: no times at all. */
export const teamDefinition: RecordDefinition = {
  stream: 'teams',
  plan: planTeam,
  planCreated: planTeam,
  render: renderTeam,
  shapes: shapesOf(memberVersions),
  dated: false,
}
