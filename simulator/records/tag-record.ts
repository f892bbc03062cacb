import { createRandom, pick } from '../random.ts'
import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'
import { firstTagId } from './tag-ids.ts'

const words = ['VIP', 'Beta &amp; early', 'Überfällig', '試用', 'Churn risk', 'Feature request', 'billing'] as const

function planTag(index: number): RecordPlan {
  return { index, id: String(firstTagId + index), createdAt: 0, updatedAt: null, revision: 0 }
}

function renderTag(plan: RecordPlan, setting: RecordSetting): string {
  const name = `${pick(createRandom(setting.seed, 4, plan.index, plan.revision), words)} ${plan.index}`
  const id = JSON.stringify(plan.id)
  // The second tag has its id as a number, as in some live responses.
  const served = setting.oddities && plan.index === 1 ? plan.id : id
  return `{"type":"tag","id":${served},"name":${JSON.stringify(plan.revision === 0 ? name : `${name} r${plan.revision}`)}}`
}

/** Tags as `GET /tags` gives them: no times at all. */
export const tagDefinition: RecordDefinition = {
  stream: 'tags',
  plan: planTag,
  planCreated: planTag,
  render: renderTag,
  dated: false,
}
