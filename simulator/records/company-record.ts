import { createRandom, integerBetween, pick, type Random } from '../random.ts'
import { isAtLeast } from '../serving/api-version.ts'
import { companyNotes } from './below/company-notes.ts'
import { objectId } from './object-id.ts'
import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'
import { segmentId } from './segment-record.ts'
import { firstTagId } from './tag-ids.ts'

const companyKey = 15
const day = 86_400
/** Since companies can have notes, their records list them. */
const notesAreListed = '2.15'
const names = ['Initech', 'Müller &amp; Söhne', '株式会社サンプル', 'O&#39;Neil Ltd', 'Ćwikła'] as const

/** One in so many companies has no users; Intercom's list leaves these out, and the scroll may do so. */
const userlessEvery = 25
/**
 * One in so many companies is deleted from the start: the scroll still gives it, but everything below it is not found.
 */
const deletedEvery = 40

export const isUserless = ({ index }: Pick<RecordPlan, 'index'>): boolean => index % userlessEvery === 7

/** How the sub-resources of a company deleted from the start answer: with JSON, or with the bare page of a proxy. */
export function firstDeletion(index: number): 'json' | 'html' | undefined {
  if (index % deletedEvery === 11) return 'json'
  return index % deletedEvery === 31 ? 'html' : undefined
}

/** Up to four segments, the first ones more often than the last. */
function firstSegments(random: Random, setting: RecordSetting): string[] {
  const chosen = Array.from({ length: integerBetween(random, 0, 5) }, () =>
    Math.floor(random() * random() * setting.segmentCount),
  )
  return setting.segmentCount === 0 ? [] : [...new Set(chosen)].map((index) => segmentId(index, setting))
}

function planCompany(index: number, setting: RecordSetting): RecordPlan {
  const { from, to } = setting.span
  const random = createRandom(setting.seed, companyKey, index)
  const updatedAt = integerBetween(random, from, to)
  const createdAt = Math.max(0, updatedAt - integerBetween(random, 0, 900 * day))
  const id = objectId(setting.seed, companyKey, index, createdAt)
  return { index, id, createdAt, updatedAt, revision: 0, segments: firstSegments(random, setting) }
}

function planCreatedCompany(index: number, now: number, setting: RecordSetting): RecordPlan {
  const segments = firstSegments(createRandom(setting.seed, companyKey, index), setting)
  const id = objectId(setting.seed, companyKey, index, now)
  return { index, id, createdAt: now, updatedAt: now, revision: 0, segments }
}

/** The id of the index-th company at the start. */
export function companyId(index: number, setting: RecordSetting): string {
  return planCompany(index, setting).id
}

/** `plan` is an empty object on many rows. */
function planOf(random: Random): object {
  if (random() < 0.5) return {}
  const id = integerBetween(random, 1, 5)
  return { type: 'plan', id: String(id), name: `Plan ${id} &amp; more` }
}

/** Ids of tags are numbers on some rows. */
function tagsOf(random: Random, setting: RecordSetting): object {
  const length = Math.min(setting.tagCount, integerBetween(random, 0, 3))
  const tags = Array.from({ length }, (_, place) => {
    const id = firstTagId + place
    return { type: 'tag', id: random() < 0.3 ? id : String(id), name: `tag ${id}` }
  })
  return { type: 'tag.list', tags }
}

function notesOf(plan: RecordPlan, setting: RecordSetting): object {
  const notes = [...companyNotes(plan, setting).values()].map((text) => JSON.parse(text) as object)
  return { type: 'note.list', notes }
}

function renderCompany(plan: RecordPlan, setting: RecordSetting, version: string): string {
  const { index, id, createdAt, updatedAt, revision, segments = [], lastRequestAt } = plan
  const random = createRandom(setting.seed, companyKey, index, revision, 3)
  const name = pick(random, names)
  const requestAt = (): number | null => {
    const first = random() < 0.8 ? integerBetween(random, createdAt, (updatedAt ?? createdAt) + 1) : null
    return lastRequestAt ?? first
  }
  const text = JSON.stringify({
    type: 'company',
    company_id: `account-${index}`,
    id,
    app_id: setting.workspaceId,
    name: revision === 0 ? `${name} ${index}` : `${name} ${index} r${revision}`,
    remote_created_at: random() < 0.7 ? createdAt - 5 * day : null,
    created_at: createdAt,
    updated_at: updatedAt,
    last_request_at: requestAt(),
    size: random() < 0.5 ? integerBetween(random, 1, 9_000) : null,
    website: random() < 0.5 ? `https://example-${index}.com/?ref=crm&v=${index}` : null,
    industry: random() < 0.5 ? 'Retail &amp; Trade' : null,
    monthly_spend: Math.round(random() * 1e6) / 100,
    session_count: integerBetween(random, 0, 900),
    user_count: isUserless(plan) ? 0 : integerBetween(random, 1, 400),
    tags: tagsOf(random, setting),
    segments: { type: 'segment.list', segments: segments.map((segment) => ({ type: 'segment', id: segment })) },
    plan: planOf(random),
    ...(setting.mostCompanyNotes > 0 && isAtLeast(version, notesAreListed) && { notes: notesOf(plan, setting) }),
    custom_attributes: { tier: integerBetween(random, 1, 4), revision },
  })
  // Digits that no double can hold must arrive unchanged.
  return setting.oddities && index % 10 === 3
    ? text.replace('"custom_attributes":{', '"custom_attributes":{"account":12345678901234567890,"rate":1.10,')
    : text
}

/** Companies as `GET /companies/scroll` and `POST /companies/list` give them. */
export const companyDefinition: RecordDefinition = {
  stream: 'companies',
  plan: planCompany,
  planCreated: planCreatedCompany,
  render: renderCompany,
  dated: true,
  shapes: [notesAreListed],
}

/** The same in a workspace whose lists leave companies without users out. */
export const listedCompanyDefinition: RecordDefinition = {
  ...companyDefinition,
  isListed: (plan) => !isUserless(plan),
}
