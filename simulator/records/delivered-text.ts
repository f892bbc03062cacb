/**
 * A record's text as a sync must deliver it: what was served, with the two documented repairs and nothing else changed.
 * Written apart from the product, because it judges the product.
 */
export function deliveredText(served: string): string {
  // Most records need neither repair: two quick looks spare them the scans.
  const wellFormed = /\\u[dD][89a-fA-F]/.test(served) ? withoutLoneSurrogates(served) : served
  return /"(?:owner_)?id"\s*:\s*-?\d/.test(wellFormed) ? withTextIds(wellFormed) : wellFormed
}

/** Every escape of a lone surrogate becomes the escape of U+FFFD; pairs and escaped backslashes stay as they are. */
export function withoutLoneSurrogates(text: string): string {
  // One match per escape, so that the "\\" of "\\ud83d" is consumed before "ud83d" is looked at.
  return text.replace(
    /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\./g,
    (found) => (found.length === 6 ? '\\ufffd' : found),
  )
}

const idMembers = new Set(['id', 'owner_id'])

/** Numbers at the record's own `id` and `owner_id` become strings of the same digits; deeper ones stay numbers. */
function withTextIds(text: string): string {
  let depth = 0
  let key: string | undefined
  return text.replace(
    /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]|-?\d[\d.eE+-]*|[a-z]+/g,
    (token, colon: string | undefined) => {
      if (token === '{' || token === '[') depth++
      else if (token === '}' || token === ']') depth--
      else if (colon !== undefined) {
        key = depth === 1 ? token.slice(1, token.lastIndexOf('"')) : undefined
        return token
      } else if (depth === 1 && key !== undefined && idMembers.has(key) && /^[-\d]/.test(token)) {
        key = undefined
        return `"${token}"`
      }
      key = undefined
      return token
    },
  )
}
