import type { RowPreview } from './log-messages.ts'

/** What people look for first, in this order; further members follow as they stand in the record. */
const preferred = [
  'id',
  'name',
  'email',
  'title',
  'subject',
  'label',
  'state',
  'role',
  'part_type',
  'author',
  'body',
  'updated_at',
  'created_at',
]
const mostCells = 8
const mostLetters = 80
/** A longer record is not parsed for a preview. */
const mostBytes = 512 * 1024

/** The members of a record that fit a line of a table. */
export function previewRow(line: Uint8Array, offset: number, decoder: TextDecoder): RowPreview {
  if (line.length > mostBytes)
    return { offset, cells: { record: `${Math.round(line.length / 1024)} KiB, too long to show here` } }
  return { offset, cells: previewData(dataOf(decoder.decode(line))) }
}

/** The members of a record's data that say most in few words. */
export function previewData(data: Record<string, unknown>): Record<string, string> {
  const names = [...new Set([...preferred.filter((name) => Object.hasOwn(data, name)), ...Object.keys(data)])]
  const cells: [string, string][] = []
  for (const name of names) {
    if (cells.length >= mostCells) break
    const text = cellText(name, data[name])
    if (text !== undefined) cells.push([name, text])
  }
  return Object.fromEntries(cells)
}

function dataOf(text: string): Record<string, unknown> {
  try {
    const { record } = JSON.parse(text) as { record?: { data?: unknown } }
    return typeof record?.data === 'object' && record.data !== null ? (record.data as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** @returns undefined for what says nothing in a table: nothing, objects, lists */
function cellText(name: string, value: unknown): string | undefined {
  if (name === 'author') return authorText(value)
  // A number whose digits no number of JavaScript holds.
  if (typeof value === 'object' && value !== null && 'rawJSON' in value) return String(value.rawJSON)
  if (value === null || value === undefined || typeof value === 'object' || value === '') return undefined
  if (typeof value === 'number' && /_at$/.test(name) && value > 1e8 && value < 1e11) {
    return `${new Date(value * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  }
  const text = name === 'body' ? withoutMarks(String(value)) : String(value)
  return text.length > mostLetters ? `${text.slice(0, mostLetters)} …` : text
}

/** Who wrote it, in a word or two. */
function authorText(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { name, email, type, id } = value as Record<string, unknown>
  const text = [name, email, [type, id].filter(isText).join(' ')].find((one) => isText(one) && one !== '')
  return isText(text) ? text : undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** What somebody wrote, without the marks of HTML. It is shown as text, so that nothing depends on all being found. */
function withoutMarks(html: string): string {
  return html
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}
