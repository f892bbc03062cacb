import { newMarks, OPEN_ARRAY, OPEN_OBJECT, type Span, skipValue } from './json-text.ts'
import { walkElements, walkMembers } from './json-walk.ts'
import { keyText } from './key-names.ts'

/**
 * The items of a list inside an object; none where there is no list.
 *
 * @param start where the object begins
 * @param path keys from the object to the list
 */
export function listItems(body: Buffer, start: number, path: readonly string[]): Span[] {
  const items: Span[] = []
  const list = path.reduce<number | undefined>(
    (holder, name) => (holder === undefined ? undefined : memberSpan(body, holder, name)?.start),
    start,
  )
  if (list === undefined || body[list] !== OPEN_ARRAY) return items
  const marks = newMarks()
  walkElements(body, list, marks, (itemStart) => {
    const end = skipValue(body, itemStart, marks)
    items.push({ start: itemStart, end })
    return end
  })
  return items
}

/** Where an object's member is. Undefined where there is none, or no object. When a key is repeated, the last one counts. */
export function memberSpan(body: Buffer, start: number, name: string): Span | undefined {
  if (body[start] !== OPEN_OBJECT) return undefined
  const marks = newMarks()
  let found: Span | undefined
  walkMembers(body, start, marks, (key, valueStart) => {
    const end = skipValue(body, valueStart, marks)
    if (keyText(body, key) === name) found = { start: valueStart, end }
    return end
  })
  return found
}
