import type { CursorField } from '../../streams/table.ts'
import { OURS } from './search-state.ts'
import { STATE_FORMAT } from './search-state-schema.ts'

interface ReadLog {
  /** Fingerprint of the settings. */
  plan: string
  /** Time of the latest event, Unix seconds. */
  latest: number
  /** Where its last page is asked for. */
  after: Readonly<Record<string, string>>
  /** Events on that page. */
  onPage: readonly string[]
}

/** The state of a log that is read by a cursor of Intercom's. */
export function logState(field: CursorField, { plan, latest, after, onPage }: ReadLog): Record<string, unknown> {
  return { [field]: latest, [OURS]: { v: STATE_FORMAT, plan, after, ...(onPage.length > 0 && { on_page: onPage }) } }
}
