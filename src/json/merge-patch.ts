import { isObject } from '../json-object.ts'

/** A value after a JSON merge patch (RFC 7396): members are replaced one by one, null removes one, a list is replaced whole. */
export function mergePatch(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const members = new Map<string, unknown>(isObject(value) ? Object.entries(value) : [])
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) members.delete(name)
    else members.set(name, mergePatch(members.get(name), change))
  }
  return Object.fromEntries(members)
}
