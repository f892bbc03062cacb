import type { Span } from './json-text.ts'

/** Names to recognize among an object's keys, without a string for each key. */
export interface KeyNames {
  readonly names: readonly string[]
  /**
   * The place of the name that a key spells; -1 for none.
   *
   * @param start of the key, with its quotes
   * @param hasEscapes whether the key has to be read, because escapes may spell a name
   */
  placeOf(body: Buffer, start: number, end: number, hasEscapes: boolean): number
}

/** Nearly every key is none of the names, and its length says so. */
export function keyNames(names: readonly string[]): KeyNames {
  const all = names.map((name, place) => ({ place, bytes: Buffer.from(name) }))
  const longest = Math.max(0, ...all.map(({ bytes }) => bytes.length))
  const byLength = Array.from({ length: longest + 1 }, (_, length) =>
    all.filter(({ bytes }) => bytes.length === length),
  )
  return {
    names,
    placeOf(body, start, end, hasEscapes) {
      if (hasEscapes) return names.indexOf(keyText(body, { start, end }))
      const length = end - start - 2
      const sameLength = length < byLength.length ? byLength[length] : undefined
      if (sameLength) for (const { place, bytes } of sameLength) if (startsAt(body, start + 1, bytes)) return place
      return -1
    },
  }
}

function startsAt(body: Buffer, position: number, bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) if (body[position + index] !== bytes[index]) return false
  return true
}

/** A key with its escapes resolved. Few keys have escapes, and only those are parsed. */
export function keyText(body: Buffer, key: Span): string {
  const text = body.toString('utf8', key.start, key.end)
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1)
}
