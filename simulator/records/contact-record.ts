import { createRandom, integerBetween, pick, type Random } from '../random.ts'
import { customAttributes } from './contact-attributes.ts'
import { nestedList } from './contact-lists.ts'
import { planContact, planCreatedContact } from './contact-times.ts'
import { contactOddities } from './oddities.ts'
import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'

const firstNames = [
  'Zoë',
  'Łukasz',
  'María',
  '美咲',
  'Олена',
  'Ahmed',
  'Siobhán',
  'João',
  'Ngọc',
  'İpek',
  'Anna',
] as const
const lastNames = [
  "O'Brien",
  'Núñez',
  'Smith & Sons',
  '田中',
  'Шевченко',
  'van der Berg',
  'Đặng',
  'Yılmaz',
  'Lee',
] as const
const places = [
  ['Ireland', 'Dublin', 'Dublin', 'IRL', 'EU'],
  ['United States', 'New York', 'New York', 'USA', 'NA'],
  ['Japan', 'Tōkyō', 'Chiyoda', 'JPN', 'AS'],
  ['Brazil', 'São Paulo', 'São Paulo', 'BRA', 'SA'],
] as const
const browsers = ['chrome', 'safari', 'firefox', 'edge'] as const
const systems = ['OS X 10.15.7', 'Windows 10', 'Linux', 'Android 14'] as const

const often = (random: Random, share: number): boolean => random() < share

/** Names arrive HTML-escaped, however the client wrote them. */
const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll("'", '&#39;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** A number on some rows, a string on others, as in the live API. */
function owner(random: Random): number | string | null {
  const id = integerBetween(random, 1_000_000, 9_999_999)
  const draw = random()
  if (draw < 0.5) return null
  return draw < 0.75 ? id : String(id)
}

function avatar(random: Random): string | null {
  if (!often(random, 0.4)) return null
  const file = integerBetween(random, 100_000, 999_999)
  return `https://static.intercomassets.com/avatars/${file}/square_128/photo.png?v=${file % 97}&sig=${file.toString(36)}`
}

function location(random: Random): Record<string, string | null> {
  const [country, region, city, code, continent] = pick(random, places)
  const known = often(random, 0.6)
  return {
    type: 'location',
    country: known ? country : null,
    region: known ? region : null,
    city: known ? city : null,
    country_code: known ? code : null,
    continent_code: known ? continent : null,
  }
}

/** The 53 members of a contact, in Intercom's order. `custom_attributes` is empty; its text is inserted later. */
function contactMembers(plan: RecordPlan, setting: RecordSetting): Record<string, unknown> {
  const { id, createdAt, index } = plan
  const updatedAt = plan.updatedAt ?? createdAt
  const random = createRandom(setting.seed, 2, index, plan.revision)
  const first = pick(random, firstNames)
  const last = pick(random, lastNames)
  const seen = (share: number): number | null =>
    often(random, share) ? integerBetween(random, createdAt, updatedAt + 1) : null
  const isKnown = often(random, 0.5)
  const onIos = often(random, 0.1)
  return {
    type: 'contact',
    id,
    workspace_id: setting.workspaceId,
    external_id: often(random, 0.8) ? String(10_000 + index) : null,
    role: often(random, 0.85) ? 'user' : 'lead',
    email: `person${index}@example-${index % 13}.com`,
    phone: often(random, 0.3) ? `+3538${integerBetween(random, 10_000_000, 99_999_999)}` : null,
    name: escapeHtml(`${first} ${last}`),
    avatar: avatar(random),
    owner_id: owner(random),
    social_profiles: {
      type: 'list',
      data: often(random, 0.1)
        ? [{ type: 'social_profile', name: 'Twitter', url: `http://twitter.com/p${index}` }]
        : [],
    },
    has_hard_bounced: often(random, 0.02),
    marked_email_as_spam: often(random, 0.01),
    unsubscribed_from_emails: often(random, 0.1),
    created_at: createdAt,
    updated_at: updatedAt,
    signed_up_at: often(random, 0.8) ? createdAt : null,
    last_seen_at: seen(0.6),
    last_replied_at: seen(0.2),
    last_contacted_at: seen(0.3),
    last_email_opened_at: seen(0.2),
    last_email_clicked_at: seen(0.1),
    language_override: null,
    browser: isKnown ? pick(random, browsers) : null,
    browser_version: isKnown ? `${integerBetween(random, 80, 130)}.0` : null,
    browser_language: isKnown ? pick(random, ['en', 'pt-BR', 'ja', 'uk']) : null,
    os: isKnown ? pick(random, systems) : null,
    location: location(random),
    android_app_name: null,
    android_app_version: null,
    android_device: null,
    android_os_version: null,
    android_sdk_version: null,
    android_last_seen_at: null,
    ios_app_name: onIos ? 'Example' : null,
    ios_app_version: onIos ? '5.2.1' : null,
    ios_device: onIos ? 'iPhone15,2' : null,
    ios_os_version: onIos ? '17.4' : null,
    ios_sdk_version: onIos ? '17.0.3' : null,
    ios_last_seen_at: onIos ? updatedAt : null,
    custom_attributes: {},
    tags: nestedList('tags', plan, setting),
    notes: nestedList('notes', plan, setting),
    companies: nestedList('companies', plan, setting),
    opted_out_subscription_types: nestedList('opted_out_subscription_types', plan, setting),
    opted_in_subscription_types: nestedList('opted_in_subscription_types', plan, setting),
    utm_campaign: often(random, 0.1) ? 'spring <sale>' : null,
    utm_content: null,
    utm_medium: often(random, 0.1) ? 'email' : null,
    utm_source: often(random, 0.1) ? 'newsletter' : null,
    utm_term: null,
    referrer: often(random, 0.3) ? `https://example.com/pricing?plan=${index % 5}&from=mail#top` : null,
    enabled_push_messaging: onIos ? true : null,
  }
}

function renderContact(plan: RecordPlan, setting: RecordSetting): string {
  const ordinary = JSON.stringify(contactMembers(plan, setting))
  const oddity = setting.oddities ? contactOddities[plan.index] : undefined
  const attributes = oddity?.customAttributes ?? customAttributes(plan, setting.seed)
  // Quotes inside strings are escaped, so this can only be the member itself.
  const whole = ordinary.replace('"custom_attributes":{}', () => `"custom_attributes":${attributes}`)
  return oddity?.edit ? oddity.edit(whole) : whole
}

/** Contacts as `POST /contacts/search` gives them. */
export const contactDefinition: RecordDefinition = {
  stream: 'contacts',
  plan: planContact,
  planCreated: planCreatedContact,
  render: renderContact,
  dated: true,
}
