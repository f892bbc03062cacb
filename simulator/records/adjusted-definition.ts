import type { RecordDefinition, RecordPlan } from './record-definition.ts'

/** Settings for the first records of a stream, by stream. */
interface Adjustments {
  firstTimes: Readonly<Record<string, readonly number[]>>
  paddings: Readonly<Record<string, readonly number[]>>
}

/** A definition whose first records get the times and sizes set for them; ids and everything else stay. */
export function adjustedDefinition(definition: RecordDefinition, options: Adjustments): RecordDefinition {
  const { stream } = definition
  const times = options.firstTimes[stream] ?? []
  const paddings = options.paddings[stream] ?? []
  if (times.length === 0 && paddings.length === 0) return definition
  return {
    ...definition,
    plan: (index, setting) => placed(definition.plan(index, setting), times[index]),
    render: (plan, setting, version) => padded(definition.render(plan, setting, version), paddings[plan.index] ?? 0),
  }
}

function placed(plan: RecordPlan, time: number | undefined): RecordPlan {
  if (time === undefined || plan.updatedAt === null) return plan
  const createdAt = plan.createdAt === plan.updatedAt ? time : Math.min(plan.createdAt, time)
  const parts = plan.firstParts === undefined ? {} : { firstParts: { ...plan.firstParts, until: time } }
  return { ...plan, createdAt, updatedAt: time, ...parts }
}

const padded = (text: string, bytes: number): string =>
  bytes === 0 ? text : `${text.slice(0, -1)},"padding":"${'x'.repeat(bytes)}"}`
