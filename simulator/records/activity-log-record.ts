import { createRandom, integerBetween, type Random } from '../random.ts'
import { adminEmail, adminId } from './people.ts'
import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'

const activityKey = 26

const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('')

/** Shaped like a UUID: ids say nothing about the order. */
function activityId(index: number, seed: number): string {
  const random = createRandom(seed, activityKey, index, 1)
  return [hex(random, 8), hex(random, 4), `4${hex(random, 3)}`, `8${hex(random, 3)}`, hex(random, 12)].join('-')
}

const activities: readonly [type: string, metadata: object, description: string][] = [
  ['app_name_change', { before: 'Größe', after: 'Example &amp; Sons' }, 'changed your app name'],
  [
    'message_state_change',
    { message: { id: 123, title: 'Hello &amp; welcome' }, before: 'draft' },
    'changed a message',
  ],
  ['admin_login_success', {}, 'successfully logged in'],
  ['admin_deletion', { admin: { id: 12_345_678_901_234, name: null } }, 'deleted an admin'],
]

/** An entry is as old as the event that it reports. For the oracle that time is also its `updated_at`. */
function planActivity(index: number, time: number, { seed }: RecordSetting): RecordPlan {
  return { index, id: activityId(index, seed), createdAt: time, updatedAt: time, revision: 0 }
}

function renderActivity({ index, id, createdAt }: RecordPlan, setting: RecordSetting): string {
  const random = createRandom(setting.seed, activityKey, index, 2)
  const [type, metadata, description] = activities[index % activities.length] ?? ['unknown', {}, '']
  const admin = Math.floor(random() * Math.max(1, setting.adminCount))
  return JSON.stringify({
    id,
    performed_by: { type: 'admin', id: adminId(admin), email: adminEmail(admin), ip: `203.0.113.${index % 256}` },
    metadata: random() < 0.1 ? null : metadata,
    created_at: createdAt,
    activity_type: type,
    activity_description: `An admin ${description} (${index}).`,
  })
}

/** Entries of the admin activity log: they are added and never change. */
export const activityLogDefinition: RecordDefinition = {
  stream: 'activity_logs',
  plan: (index, setting) => {
    const random = createRandom(setting.seed, activityKey, index)
    return planActivity(index, integerBetween(random, setting.span.from, setting.span.to), setting)
  },
  planCreated: planActivity,
  render: renderActivity,
  dated: false,
}
