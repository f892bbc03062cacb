import type { CursorField } from '../../streams/table.ts'
import { OURS } from './search-state.ts'
import { STATE_FORMAT } from './search-state-schema.ts'

/** The state of a log that is read by a cursor of Intercom's. @param log.latest time of the latest event, Unix seconds */
export function logState(
  field: CursorField,
  { latest, after, onPage }: { latest: number; after: Readonly<Record<string, string>>; onPage: readonly string[] },
): Record<string, unknown> {
  return { [field]: latest, [OURS]: { v: STATE_FORMAT, after, ...(onPage.length > 0 && { on_page: onPage }) } }
}
