import { isAtLeast } from '../serving/api-version.ts'

/** Members by dotted path, each with the first version that has it. */
export type MemberVersions = Readonly<Record<string, string>>

/** Removes the members that a version does not have yet. */
export function withoutNewerMembers(record: object, table: MemberVersions, version: string): object {
  for (const [path, since] of Object.entries(table)) {
    if (isAtLeast(version, since)) continue
    const names = path.split('.')
    const last = names.pop()
    const holder = names.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), record)
    if (isObject(holder) && last !== undefined) delete holder[last]
  }
  return record
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** The versions in which a table changes something, ascending. */
export function shapesOf(...tables: MemberVersions[]): string[] {
  const versions = new Set(tables.flatMap((table) => Object.values(table)))
  return [...versions].sort((one, other) => (isAtLeast(one, other) ? 1 : -1))
}
