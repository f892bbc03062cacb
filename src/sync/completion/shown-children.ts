import type { ScannedAnswer, ScannedRecord } from '../../intercom/text/record-scanner.ts'
import { isObject, parseJson } from '../../json-object.ts'
import type { StreamEntry } from '../../streams/table.ts'

/** How many children a record of a list shows, if it shows any. */
export function shownChildren(
  { filtered }: StreamEntry,
  { body }: ScannedAnswer,
  { record }: { record: ScannedRecord },
): number {
  return (filtered?.shownChildren && countAt(filtered.shownChildren, body, record)) ?? 0
}

/** How many children its parent's record says there are; undefined when it says nothing. */
export function countedChildren(
  { child }: StreamEntry,
  { body }: ScannedAnswer,
  { record }: { record: ScannedRecord },
): number | undefined {
  return child?.shown && countAt(child.shown, body, record)
}

/** A count, or the length of a list, that stands in a member of a record. */
function countAt(path: readonly [string, string], body: Buffer, record: ScannedRecord): number | undefined {
  const found = foundAt(path, body, record)
  if (Array.isArray(found)) return found.length
  return typeof found === 'number' ? found : undefined
}

function foundAt([member, name]: readonly [string, string], body: Buffer, { members }: ScannedRecord): unknown {
  const span = members.get(member)
  const holder = span && parseJson(body.subarray(span.start, span.end))
  return isObject(holder) ? holder[name] : undefined
}
