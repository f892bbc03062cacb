import type { RecordChange } from '../../airbyte/messages.ts'
import type { ScannedAnswer, ScannedRecord } from '../../intercom/text/record-scanner.ts'
import type { ChildCounter } from '../../streams/entries/stream-traits.ts'

/** The change to report for a record whose children Intercom does not give completely; undefined when it does. */
export function truncatedField(
  counter: ChildCounter | undefined,
  answer: ScannedAnswer,
  record: ScannedRecord,
): RecordChange[] | undefined {
  const span = counter && record.members.get(counter.path[0])
  if (!span) return undefined
  const value: unknown = JSON.parse(answer.body.toString('utf8', span.start, span.end))
  const count = typeof value === 'object' && value !== null ? Reflect.get(value, counter.path[1]) : undefined
  if (typeof count !== 'number' || count <= counter.most) return undefined
  return [{ field: counter.field, change: 'TRUNCATED', reason: 'SOURCE_RETRIEVAL_ERROR' }]
}
