import { CodedError } from '../errors.ts'
import type { IntercomClient } from '../intercom/client.ts'
import { RefusedError } from '../intercom/failures.ts'
import { type ScannedAnswer, type ScannedRecord, scanAnswer } from '../intercom/record-scanner.ts'
import type { IdType } from '../intercom/record-text.ts'
import type { StreamEntry } from '../streams/table.ts'
import { inOrder } from './in-order.ts'
import type { Row } from './search-pages.ts'

/** The children of one parent, as Intercom answered them. */
export interface Children {
  answer: ScannedAnswer
  /** How many Intercom says there are; when they are too many it gives the newest only. */
  total: number | undefined
}

/** Where children are asked for. */
export interface ChildEndpoint {
  client: IntercomClient
  entry: StreamEntry
  /** `Intercom-Version` to send. */
  version: string
}

/** A run of parents of one page, with their children where they were wanted. */
export interface ParentBatch {
  rows: readonly Row[]
  children: ReadonlyMap<Row, Children>
  /** The page's last batch. */
  last: boolean
}

/** Added to every child, beside the parent's id. */
const PARENT_UPDATED_AT = 'parent_updated_at'

/** Requests for children under way at a time in one lane. */
const CHILDREN_AT_ONCE = 10
/** Parents handed on together: few enough that their children do not fill the memory. */
const PARENTS_PER_BATCH = 25
const BYTES_PER_BATCH = 512 * 1024

/** Reads the children of a page's parents and hands the parents on with them, in order, a batch at a time. */
export async function* readChildren(
  endpoint: ChildEndpoint,
  rows: readonly Row[],
  isWanted: (row: Row) => boolean,
): AsyncGenerator<ParentBatch, void, void> {
  const askWanted = async (row: Row) => ({
    row,
    found: isWanted(row) ? await askChildren(endpoint, row.id) : undefined,
  })
  let batch: Row[] = []
  let children = new Map<Row, Children>()
  let bytes = 0
  let handled = 0
  for await (const { row, found } of inOrder(rows, CHILDREN_AT_ONCE, askWanted)) {
    handled++
    batch.push(row)
    if (found) children.set(row, found)
    bytes += found?.answer.body.length ?? 0
    const last = handled === rows.length
    if (!last && batch.length < PARENTS_PER_BATCH && bytes < BYTES_PER_BATCH) continue
    yield { rows: batch, children, last }
    batch = []
    children = new Map()
    bytes = 0
  }
  if (rows.length === 0) yield { rows, children, last: true }
}

/** The children of one parent; undefined when it has been deleted meanwhile (404 as JSON or as a bare page, or 410). */
async function askChildren({ client, entry, version }: ChildEndpoint, parentId: string): Promise<Children | undefined> {
  const path = entry.path.replace('{id}', encodeURIComponent(parentId))
  const members = ['id', PARENT_UPDATED_AT, ...entry.idMembers, ...(entry.child ? [entry.child.parentIdMember] : [])]
  try {
    return await client.ask({ method: 'GET', path, version }, ({ body }) => {
      const answer = scanAnswer(body, { recordsPath: entry.recordsPath, members })
      if (!answer.records)
        throw new CodedError('intercom_protocol', `Intercom's answer to ${path} holds no list of records`)
      const total = answer.envelope([...entry.recordsPath.slice(0, -1), 'total_count'].join('.'))
      return { answer, total: typeof total === 'number' ? total : undefined }
    })
  } catch (error) {
    if (error instanceof RefusedError && [404, 410].includes(error.failure.status)) return undefined
    throw error
  }
}

/** An answer as one record, for hashing it whole. */
export function wholeAnswer(answer: ScannedAnswer): ScannedRecord {
  const marks = { longDigits: false, surrogateEscape: false, lineBreak: false }
  return { start: 0, end: answer.body.length, members: new Map(), ...marks }
}

/** What tells a child's parent, as it is written right after the opening brace; a member the child has stays its own. */
export function parentMembers(
  { child }: StreamEntry,
  parent: Row,
  record: ScannedRecord,
  types: ReadonlyMap<string, IdType>,
): string {
  if (!child) return ''
  const isInteger = types.get(child.parentIdMember) === 'integer' && /^(?:0|[1-9][0-9]*)$/.test(parent.id)
  const members: [string, string][] = [[child.parentIdMember, isInteger ? parent.id : JSON.stringify(parent.id)]]
  if (parent.updatedAt !== undefined) members.push([PARENT_UPDATED_AT, String(parent.updatedAt)])
  return members
    .filter(([name]) => !record.members.has(name))
    .map(([name, value]) => `"${name}":${value}`)
    .join()
}

/** A record's text with members put in after its opening brace. */
export function addMembers(text: Buffer, members: string): Buffer {
  if (members === '') return text
  const isEmpty = /^\{\s*\}$/.test(text.toString('latin1', 0, 16)) && text.length <= 16
  return Buffer.concat([Buffer.from(`{${members}${isEmpty ? '' : ','}`), text.subarray(1)])
}
