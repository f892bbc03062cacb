import { type ConfiguredStream, declaredTypes } from '../../airbyte/catalog.ts'
import type { MemberType } from '../../intercom/text/record-text.ts'
import type { StreamEntry } from '../../streams/table.ts'

type Retyped = Pick<StreamEntry, 'idMembers' | 'objectMembers'>

/** The members of a stream's records that may have to change their type. */
export function retypedMembers({ idMembers, objectMembers = {} }: Retyped): string[] {
  return [...idMembers, ...Object.keys(objectMembers)]
}

/**
 * The types that members get in a stream's messages, as the configured catalog declares them. A member that is missing
 * here stays as Intercom wrote it: a destination has made its column for whatever comes.
 */
export function memberTypes(
  { idMembers, objectMembers = {} }: Retyped,
  configured: ConfiguredStream,
): Map<string, MemberType> {
  const types = new Map<string, MemberType>()
  for (const name of idMembers) {
    const type = idType(name, declaredTypes(configured, name))
    if (type) types.set(name, type)
  }
  for (const [name, form] of Object.entries(objectMembers)) {
    const declared = declaredTypes(configured, name)
    if (declared.includes('object') && !declared.includes('string')) types.set(name, form)
  }
  return types
}

/** A string unless an integer is declared. Of a member declared as both only `id` changes, because it tells records apart. */
function idType(name: string, declared: readonly string[]): 'string' | 'integer' | undefined {
  if (!declared.includes('integer')) return 'string'
  if (!declared.includes('string')) return 'integer'
  return name === 'id' ? 'string' : undefined
}
