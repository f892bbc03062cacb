import { adminEmail, adminId, adminName } from '../people.ts'
import type { RecordPlan } from '../record-definition.ts'

/** A note of a contact or a company. */
export function noteText(parent: 'contact' | 'company', id: string, plan: RecordPlan): string {
  return JSON.stringify({
    type: 'note',
    id,
    created_at: plan.createdAt,
    [parent]: { type: parent, id: plan.id },
    author: { type: 'admin', id: adminId(0), name: adminName(0), email: adminEmail(0) },
    body: `<p>Note ${id} &amp; more</p>`,
  })
}
