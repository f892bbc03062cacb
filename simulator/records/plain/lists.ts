import type { RecordDefinition } from '../record-definition.ts'
import { contentLists } from './content-lists.ts'
import { plainDefinition } from './plain-record.ts'

/** Every plain list, by the name of its stream: a new one is an entry in one of these tables, and an endpoint. */
export const plainLists: Readonly<Record<string, RecordDefinition>> = Object.fromEntries(
  Object.entries({ ...contentLists }).map(([name, list]) => [name, plainDefinition(name, list)]),
)
