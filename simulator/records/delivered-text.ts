/**
 * Members to which a sync gives the type that its catalog declares: numbers become texts, or texts of digits numbers.
 */
export type RetypedMembers = Readonly<Record<string, 'string' | 'integer'>>

const contactMembers: RetypedMembers = { id: 'string', owner_id: 'string' }

/** The members retyped in each stream; in a stream that is not listed here it is `id`, to a text. */
export const defaultRetyped: Readonly<Record<string, RetypedMembers>> = {
  contacts: contactMembers,
  contact_attributes: { id: 'integer' },
  company_attributes: { id: 'integer' },
  conversation_attributes: { id: 'integer' },
  tickets: { id: 'string', admin_assignee_id: 'string', team_assignee_id: 'string' },
  conversations: { id: 'string', admin_assignee_id: 'integer', team_assignee_id: 'integer' },
}
export const retypedId: RetypedMembers = { id: 'string' }

/**
 * A record's text as a sync must deliver it: the served text with the two documented repairs, otherwise unchanged. It
 * is written independently of the product, because it judges the product.
 *
 * @param retyped @defaultValue those of contacts
 */
export function deliveredText(served: string, retyped: RetypedMembers = contactMembers): string {
  // Most records need neither repair: two quick checks avoid the scans.
  const wellFormed = /\\u[dD][89a-fA-F]/.test(served) ? withoutLoneSurrogates(served) : served
  return needsRetyping(wellFormed, retyped) ? withRetypedMembers(wellFormed, retyped) : wellFormed
}

/** Every escape of a lone surrogate becomes the escape of U+FFFD; pairs and escaped backslashes stay unchanged. */
export function withoutLoneSurrogates(text: string): string {
  // One match per escape, so that the "\\" of "\\ud83d" is consumed before "ud83d" is examined.
  return text.replace(
    /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\./g,
    (found) => (found.length === 6 ? '\\ufffd' : found),
  )
}

const looks = new WeakMap<RetypedMembers, RegExp>()

/** Whether a member with one of these names, at any depth, has the other type. */
function needsRetyping(text: string, retyped: RetypedMembers): boolean {
  let look = looks.get(retyped)
  if (look === undefined) {
    const parts = Object.entries(retyped).map(
      ([name, type]) => `"${name}"\\s*:\\s*${type === 'string' ? '-?\\d' : '"-?\\d'}`,
    )
    look = new RegExp(parts.length === 0 ? '(?!)' : parts.join('|'))
    looks.set(retyped, look)
  }
  return look.test(text)
}

/** Changes the type of the record's own members, digit by digit the same; deeper members stay unchanged. */
function withRetypedMembers(text: string, retyped: RetypedMembers): string {
  let depth = 0
  let key: string | undefined
  return text.replace(
    /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]|-?\d[\d.eE+-]*|[a-z]+/g,
    (token, colon: string | undefined) => {
      if (colon !== undefined) {
        key = depth === 1 ? token.slice(1, token.lastIndexOf('"')) : undefined
        return token
      }
      if (token === '{' || token === '[') depth++
      else if (token === '}' || token === ']') depth--
      const type = key !== undefined && Object.hasOwn(retyped, key) ? retyped[key] : undefined
      key = undefined
      return type === undefined ? token : retypedToken(token, type)
    },
  )
}

function retypedToken(token: string, type: 'string' | 'integer'): string {
  if (type === 'string') return /^[-\d]/.test(token) ? `"${token}"` : token
  return /^"(?:0|-?[1-9]\d*)"$/.test(token) ? token.slice(1, -1) : token
}
