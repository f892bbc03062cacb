/** Brackets, strings, and the commas between; all else is passed over. */
const token = /[[\]{},]|"(?:[^"\\]|\\.)*"/gs

/**
 * The texts of the items of an array, as they are written: numbers in them may have more digits than JavaScript holds.
 *
 * @param json text that `JSON.parse` accepts
 * @param start where the array begins
 */
export function itemTexts(json: string, start: number): string[] {
  const items: string[] = []
  let depth = 0
  let from = start + 1
  token.lastIndex = start
  for (let match = token.exec(json); match; match = token.exec(json)) {
    const [word] = match
    if (word === '[' || word === '{') depth++
    const isEnd = (word === ']' || word === '}') && --depth === 0
    if (!isEnd && !(word === ',' && depth === 1)) continue
    const item = json.slice(from, match.index).trim()
    if (item !== '') items.push(item)
    if (isEnd) break
    from = match.index + 1
  }
  return items
}
