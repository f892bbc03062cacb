import { dateAttribute } from '../records/contact-attributes.ts'
import type { FieldKind } from './search-rules.ts'

const dates = [
  'created_at',
  'updated_at',
  'signed_up_at',
  'last_seen_at',
  'last_contacted_at',
  'last_replied_at',
  'last_email_opened_at',
  'last_email_clicked_at',
  'ios_last_seen_at',
  'android_last_seen_at',
]
const booleans = ['unsubscribed_from_emails', 'marked_email_as_spam', 'has_hard_bounced']
const texts = [
  ...['id', 'role', 'name', 'avatar', 'owner_id', 'email', 'email_domain', 'phone', 'formatted_phone', 'external_id'],
  ...['language_override', 'browser', 'browser_version', 'browser_language', 'os'],
  ...['location.country', 'location.region', 'location.city'],
  ...['ios_app_name', 'ios_app_version', 'ios_device', 'ios_os_version', 'ios_sdk_version'],
  ...['android_app_name', 'android_app_version', 'android_device', 'android_os_version', 'android_sdk_version'],
]

const kinds = new Map<string, FieldKind>([
  ...dates.map((field) => [field, 'date'] as const),
  ...booleans.map((field) => [field, 'boolean'] as const),
  ...texts.map((field) => [field, 'text'] as const),
  [dateAttribute, 'date_attribute'],
  ['tag_id', 'tag'],
  ['segment_id', 'segment'],
])

/** `undefined` for a field that contact search does not support. */
export function contactFieldKind(field: string): FieldKind | undefined {
  return kinds.get(field) ?? (/^custom_attributes\../.test(field) ? 'attribute' : undefined)
}
