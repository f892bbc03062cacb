import { createRandom, integerBetween } from '../random.ts'
import { isAtLeast } from '../serving/api-version.ts'
import { type BuiltInAttribute, companyAttributes, contactAttributes } from './built-in-attributes.ts'
import { adminId } from './people.ts'
import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'

/** The models that can have data attributes, if there is a stream for the model. */
export type AttributeModel = 'contact' | 'company'

const builtInsOf: Record<AttributeModel, readonly BuiltInAttribute[]> = {
  contact: contactAttributes,
  company: companyAttributes,
}
const firstIds: Record<AttributeModel, number> = { contact: 12_878, company: 7_001 }

/** Some custom attributes have values that every client must keep: types, options, a name with a dot. */
const customs = ['renewal_at', 'seats', 'account', 'ampersand &amp; co', 'plan.tier', 'größe'] as const

/** The data types of the attributes that contacts and companies have values for. */
const customKinds = [
  ['date', 'renewal_at'],
  ['integer', 'seats'],
  ['integer', 'account'],
] as const

/** Every sixth custom attribute is archived: only `include_archived` shows it. */
const archivedEvery = 6

export const builtInCount = (model: AttributeModel): number => builtInsOf[model].length

/** Attributes have no reliable id, because built-in ones have none at all. Model and full name identify them. */
export const attributeKey = (model: string, fullName: string): string => `${model} ${fullName}`

function fullNameOf(model: AttributeModel, index: number): string {
  const builtIn = builtInsOf[model][index]
  if (builtIn !== undefined) return builtIn[1]
  const place = index - builtInsOf[model].length
  const name = customs[place % customs.length] ?? ''
  return `custom_attributes.${place < customs.length ? name : `${name}_${place}`}`
}

function planAttribute(model: AttributeModel, index: number, setting: RecordSetting, now?: number): RecordPlan {
  const isBuiltIn = index < builtInsOf[model].length
  const random = createRandom(setting.seed, 14, firstIds[model], index)
  const time = now ?? integerBetween(random, setting.span.from, setting.span.to)
  const id = attributeKey(model, fullNameOf(model, index))
  return { index, id, createdAt: isBuiltIn ? 0 : time, updatedAt: isBuiltIn ? null : time, revision: 0 }
}

const isArchived = (model: AttributeModel, { index }: RecordPlan): boolean =>
  index >= builtInsOf[model].length && (index - builtInsOf[model].length) % archivedEvery === archivedEvery - 1

function renderAttribute(model: AttributeModel, plan: RecordPlan, version: string): string {
  const { index, revision } = plan
  const builtIn = builtInsOf[model][index]
  const [name, fullName, label, kind] = builtIn ?? customNames(model, index)
  const isNewDate = kind === 'date' && model === 'contact' && builtIn !== undefined && isAtLeast(version, '2.17')
  const attribute = {
    type: 'data_attribute',
    ...(builtIn === undefined ? { id: firstIds[model] + index } : {}),
    name,
    full_name: fullName,
    label: revision === 0 ? label : `${label} r${revision}`,
    description: index % 4 === 3 ? null : `${label} of a ${model}`,
    data_type: isNewDate ? 'datetime' : kind,
    ...(builtIn === undefined && index % 3 === 0 ? { options: ['früh', 'spät'] } : {}),
    api_writable: index % 2 === 0,
    ui_writable: builtIn === undefined,
    messenger_writable: true,
    custom: builtIn === undefined,
    archived: isArchived(model, plan),
    ...(builtIn === undefined ? { admin_id: adminId(0), created_at: plan.createdAt, updated_at: plan.updatedAt } : {}),
    model,
  }
  return JSON.stringify(attribute)
}

function customNames(model: AttributeModel, index: number): BuiltInAttribute {
  const fullName = fullNameOf(model, index)
  const name = fullName.slice('custom_attributes.'.length)
  const [kind] = customKinds.find(([, start]) => name.startsWith(start)) ?? [index % 2 === 0 ? 'string' : 'integer']
  return [name, fullName, name, kind]
}

/** Data attributes as `GET /data_attributes?model=` gives them: only custom ones have id and times. */
export function attributeDefinition(model: AttributeModel): RecordDefinition {
  return {
    stream: `${model}_attributes`,
    plan: (index, setting) => planAttribute(model, index, setting),
    planCreated: (index, now, setting) => planAttribute(model, index, setting, now),
    render: (plan, _setting, version) => renderAttribute(model, plan, version),
    isOptional: (plan) => isArchived(model, plan),
    shapes: ['2.17'],
    dated: true,
  }
}
