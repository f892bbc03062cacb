import type { SourceConfig } from '../../airbyte/source-config.ts'
import type { StreamEntry } from '../../streams/table.ts'
import type { WalkLogLine } from '../contract/walk.ts'
import type { SearchState } from '../state/search-state.ts'

/**
 * Fingerprint of the settings that a walk depends on, as it appears in states: API version, time zone, start date,
 * lookback. A dash stands for a setting that this kind of walk does not depend on.
 */
export function searchPlan(config: SourceConfig, version: string, timezone: string | undefined): string {
  return [version, timezone ?? '-', startOf(config), config.lookback_window ?? 0].join('|')
}

/** The same for walks that read a whole list, or a log. */
export function listPlan(config: SourceConfig): string {
  return ['-', '-', startOf(config), '-'].join('|')
}

function startOf({ start_date: start }: SourceConfig): string {
  return start || '-'
}

/**
 * The log entries if the settings have changed since the state was written. An earlier start date alone does not bring
 * older records.
 */
export function settingsChanged(
  { entry, previous }: { entry: StreamEntry; previous: SearchState | undefined },
  plan: string,
): WalkLogLine[] {
  if (previous?.plan === undefined || previous.plan === plan) return []
  const next =
    previous.cursor === undefined
      ? 'reading everything again'
      : 'going on from its cursor; reset the stream to read everything again'
  const message = `${entry.name}: the settings have changed from ${previous.plan} to ${plan} since the state was written: ${next}`
  return [{ level: 'WARN', message }]
}
