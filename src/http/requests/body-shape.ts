const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a]
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d]

/** What is told of a body before anything is made of it. */
export interface BodyShape {
  /** Whether it is nested deeper than was asked. */
  isTooDeep: boolean
  /** The members of a body that is an object, as far as they were asked for: text of the name, bytes of the value. */
  members: { name: string; bytes: number }[]
  /** Values in it, of members, of lists, and lists and objects themselves. */
  values: number
  /** Members of all objects in it. */
  names: number
}

/**
 * Looks over a body for brackets outside of strings, before anything recursive sees the text, and before its values take
 * many times its bytes. It does not check the body: what it finds in a text that is not JSON means nothing.
 *
 * @param mostMembers further ones are not told
 */
export function bodyShapeOf(body: Buffer, deepest: number, mostMembers: number): BodyShape {
  const members: BodyShape['members'] = []
  let values = 1
  let names = 0
  let depth = 0
  let begun = 0
  let name: string | undefined
  const endMember = (at: number) => {
    if (name !== undefined && members.length < mostMembers) members.push({ name, bytes: at - begun })
    name = undefined
    begun = at + 1
  }
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]
    if (byte === quote) {
      at = endOfString(body, at)
    } else if (byte === openBracket || byte === openBrace) {
      values++
      if (++depth > deepest) return { isTooDeep: true, members, values, names }
      if (depth === 1) begun = at + 1
    } else if (byte === closeBracket || byte === closeBrace) {
      if (depth === 1) endMember(at)
      depth--
    } else if (byte === comma) {
      values++
      if (depth === 1) endMember(at)
    } else if (byte === colon) {
      names++
      if (depth !== 1) continue
      name = members.length < mostMembers ? nameIn(body, begun, at) : undefined
      begun = at + 1
    }
  }
  return { isTooDeep: false, members, values, names }
}

/** Where the string ends that begins at `at`. */
function endOfString(body: Buffer, at: number): number {
  for (let next = at + 1; next < body.length; next++) {
    const byte = body[next]
    if (byte === backslash) next++
    else if (byte === quote) return next
  }
  return body.length
}

/** A member's name as it is written, without its quotes. Escapes stay: no name that we know needs one. */
function nameIn(body: Buffer, from: number, to: number): string {
  const text = body.toString('utf8', from, Math.min(to, from + 200)).trim()
  return text.slice(1, text.endsWith('"') ? -1 : undefined)
}
