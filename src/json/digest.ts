import { createHash } from 'node:crypto'
import { isObject } from '../json-object.ts'

/** Shows whether two texts are the same. */
export function digestOfText(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** Shows whether two values are the same JSON, in whatever order their members are. */
export function digestOfJson(value: unknown): string {
  return digestOfText(orderedText(value))
}

/**
 * The JSON of a value with the members of objects in one order: a client may write equal objects in different ones. The
 * order is that of an object whose members were added in the order of their names: numbers come first.
 */
export function orderedText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => orderedText(item ?? null)).join()}]`
  if (!isObject(value)) return JSON.stringify(value)
  const names = Object.keys(value)
  const numbers = names.filter(isArrayIndex).sort((one, other) => Number(one) - Number(other))
  const others = names.filter((name) => !isArrayIndex(name)).sort()
  const members = [...numbers, ...others].flatMap((name) =>
    value[name] === undefined ? [] : `${JSON.stringify(name)}:${orderedText(value[name])}`,
  )
  return `{${members.join()}}`
}

/** Whether JavaScript takes a name for a number, and puts it before the others. */
function isArrayIndex(name: string): boolean {
  return /^(0|[1-9]\d{0,9})$/.test(name) && Number(name) < 2 ** 32 - 1
}
