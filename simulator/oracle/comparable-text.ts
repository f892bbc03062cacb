import { createHash } from 'node:crypto'
import { withoutSignatures } from '../records/signed-urls.ts'
import { findSpan } from './json-spans.ts'
import type { StreamRules } from './stream-rules.ts'

const listMembers = ['tags', 'notes', 'companies', 'opted_out_subscription_types', 'opted_in_subscription_types']
const quote = 0x22
/** Lists inside a record show at most so many items. */
const shown = 10

/**
 * Hex SHA-256 of the comparable part of a record's text. It leaves out the query strings of attachments, which are
 * signed with every read. Items of long lists are sorted by their texts, because a sync may complete these lists. A
 * text that a catalog turns into an object is compared as that object.
 *
 * @param completed all items by the name of a list: the list is compared as a complete one
 */
export function comparableHash(
  text: string,
  rules: StreamRules,
  completed?: Readonly<Record<string, readonly object[]>>,
): string {
  const unsigned = rules.isSigned ? withoutSignatures(text) : text
  const shaped = withObjects(unsigned, rules.objects)
  const comparable = rules.hasLists && hasLongList(shaped) ? withSortedLists(shaped, completed) : shaped
  return createHash('sha256').update(comparable).digest('hex')
}

/** Whether any list has more items than are shown, in either form. */
export const hasLongList = (text: string): boolean => /"total_count":\s*(?:1[1-9]|[2-9]\d|\d{3,})/.test(text)

function withObjects(text: string, objects: StreamRules['objects'] = {}): string {
  return Object.entries(objects).reduce((edited, [member, [before, after]]) => {
    if (!new RegExp(`"${member}"\\s*:\\s*"`).test(edited)) return edited
    const bytes = Buffer.from(edited)
    const span = findSpan(bytes, member)
    if (span === undefined || bytes[span.start] !== quote) return edited
    const { start, end } = span
    const value = bytes.toString('utf8', start, end)
    return `${bytes.toString('utf8', 0, start)}${before}${value}${after}${bytes.toString('utf8', end)}`
  }, text)
}

function withSortedLists(text: string, completed: Readonly<Record<string, readonly object[]>> = {}): string {
  return listMembers.reduce((edited, member) => {
    const bytes = Buffer.from(edited)
    const span = findSpan(bytes, member)
    if (span === undefined) return edited
    const list = JSON.parse(bytes.toString('utf8', span.start, span.end)) as {
      data?: object[]
      total_count?: number
    } | null
    if (!Array.isArray(list?.data) || (list.total_count ?? 0) <= shown) return edited
    const items = completed[member]
    const whole = items === undefined ? list : { ...list, data: items, has_more: false }
    const data = [...(items ?? list.data)].map((item) => JSON.stringify(item)).sort()
    const before = bytes.toString('utf8', 0, span.start)
    return `${before}${JSON.stringify({ ...whole, data })}${bytes.toString('utf8', span.end)}`
  }, text)
}
