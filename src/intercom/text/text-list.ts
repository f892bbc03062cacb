import { newMarks, OPEN_ARRAY, OPEN_OBJECT, QUOTE, type Span, skipSpace, skipValue } from './json-text.ts'
import { walkElements, walkMembers } from './json-walk.ts'
import { keyText } from './key-names.ts'

/**
 * An answer whose list holds texts, with an object in place of each: `["a"]` becomes `[{"name":"a"}]`. Every text stays
 * the bytes that Intercom sent.
 *
 * @param path keys from the root to the list
 * @param member the object's only member
 * @throws JsonTextError when the body is not JSON
 */
export function withObjects(body: Buffer, path: readonly string[], member: string): Buffer {
  const marks = newMarks()
  const texts: Span[] = []
  const descend = (position: number, depth: number): number => {
    const wanted = path[depth]
    if (wanted !== undefined && body[position] === OPEN_OBJECT)
      return walkMembers(body, position, marks, (key, start) =>
        keyText(body, key) === wanted ? descend(start, depth + 1) : skipValue(body, start, marks),
      )
    if (wanted !== undefined || body[position] !== OPEN_ARRAY) return skipValue(body, position, marks)
    return walkElements(body, position, marks, (start) => {
      const end = skipValue(body, start, marks)
      if (body[start] === QUOTE) texts.push({ start, end })
      return end
    })
  }
  descend(skipSpace(body, 0, marks), 0)
  const [before, after] = [Buffer.from(`{${JSON.stringify(member)}:`), Buffer.from('}')]
  const pieces: Buffer[] = []
  let from = 0
  for (const { start, end } of texts) {
    pieces.push(body.subarray(from, start), before, body.subarray(start, end), after)
    from = end
  }
  return Buffer.concat([...pieces, body.subarray(from)])
}
