import { type Marks, newMarks, OPEN_ARRAY, OPEN_OBJECT, plainText, type Span, skipValue } from './json-text.ts'
import { walkElements, walkMembers } from './json-walk.ts'
import { keyText } from './key-names.ts'
import type { ScannedRecord } from './record-scanner.ts'
import { retyped, type TextEdit } from './record-text.ts'

/** A list inside a record that holds only the first of its items. */
export interface CutList {
  /** The array with its brackets. */
  data: Span
  hasMore: Span
}

/** An item of a list: the text of each member by name, in their order. */
export type ListItem = ReadonlyMap<string, string>

/** Finds where a record's list is cut; undefined when it is whole, or is no list. */
export function findCutList(
  body: Buffer,
  { members }: Pick<ScannedRecord, 'members'>,
  name: string,
): CutList | undefined {
  // Nearly every list is whole, and then need not be read.
  const list = members.holdsTrue(name) && members.get(name)
  if (!list) return undefined
  const { data, has_more: hasMore } = Object.fromEntries(memberSpans(body, list))
  if (!data || !hasMore || body[data.start] !== OPEN_ARRAY) return undefined
  return body.toString('latin1', hasMore.start, hasMore.end) === 'true' ? { data, hasMore } : undefined
}

/**
 * The edits that make a cut list whole. Its items stay as they are written. New items are written in the same form
 * (`type`, `id`, `url`), without the other members that the list's own endpoint gives, so that a column keeps one
 * shape.
 *
 * @param items all of the list, in order, with the text of their `id`
 */
export function completeList(body: Buffer, { data, hasMore }: CutList, items: readonly ListItem[]): TextEdit[] {
  const shown = readItems(body, data)
  const texts = new Map(shown.map(({ text, members }) => [plainId(members), text]))
  const [pattern] = shown
  const written = items.map((item) => texts.get(plainId(item)) ?? itemText(item, pattern?.members))
  return [
    { span: data, text: `[${written.join()}]` },
    { span: hasMore, text: 'false' },
  ]
}

/** How many items a cut list shows. */
export function countShown(body: Buffer, { data }: CutList): number {
  return readItems(body, data).length
}

/** The text of each member of a record. */
export function memberTexts(body: Buffer, record: Pick<ScannedRecord, 'start' | 'end'>): Map<string, string> {
  const texts = [...memberSpans(body, record)].map(([name, { start, end }]) => [
    name,
    body.toString('utf8', start, end),
  ])
  return new Map(texts as [string, string][])
}

function plainId(item: ListItem): string {
  return plainText(item.get('id') ?? '')
}

function memberSpans(body: Buffer, { start }: Pick<Span, 'start'>): Map<string, Span> {
  const spans = new Map<string, Span>()
  const marks = newMarks()
  if (body[start] !== OPEN_OBJECT) return spans
  walkMembers(body, start, marks, (key, valueStart) => {
    const end = skipValue(body, valueStart, marks)
    spans.set(keyText(body, key), { start: valueStart, end })
    return end
  })
  return spans
}

/** The objects in an array that have an id. */
function readItems(body: Buffer, data: Span): { text: string; members: ListItem }[] {
  const items: { text: string; members: ListItem }[] = []
  const marks: Marks = newMarks()
  walkElements(body, data.start, marks, (start) => {
    const end = skipValue(body, start, marks)
    const members = memberTexts(body, { start, end })
    if (members.has('id')) items.push({ text: body.toString('utf8', start, end), members })
    return end
  })
  return items
}

/** An item in the form of another item of its list. In an empty list it gets the members that every item has. */
function itemText(item: ListItem, pattern = plainItem(item)): string {
  const members = [...pattern].flatMap(([name, like]) => {
    const text = memberText(name, like, item, pattern)
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`]
  })
  return `{${members.join()}}`
}

function plainItem(item: ListItem): ListItem {
  return new Map([...item].filter(([name]) => name === 'type' || name === 'id'))
}

function memberText(name: string, like: string, item: ListItem, pattern: ListItem): string | undefined {
  const text = item.get(name)
  if (name === 'type') return like
  if (name === 'url') return urlLike(like, pattern, item)
  if (name !== 'id' || text === undefined) return text
  return retyped(text, like.startsWith('"') ? 'string' : 'integer') ?? text
}

/** An item's URL, written like another's; undefined when that does not end in its id. */
function urlLike(url: string, pattern: ListItem, item: ListItem): string | undefined {
  const end = `/${plainId(pattern)}"`
  return url.endsWith(end) ? `${url.slice(0, -end.length)}/${JSON.stringify(plainId(item)).slice(1)}` : undefined
}
