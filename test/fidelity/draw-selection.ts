import type { Random } from '../../simulator/random.ts'
import { streamTable } from '../../src/streams/table.ts'

/** A stream as a job requests it. */
export interface Wish {
  name: string
  syncMode: 'incremental' | 'full_refresh'
}

/**
 * Half of the workspaces sync all streams, by increments. The others leave some streams out, or read some of them
 * whole. Of the streams that are read only when they are named all have some of those of rows inside records.
 */
export function drawSelection(random: Random): Wish[] {
  const isMixed = random() < 0.5
  return streamTable.flatMap(({ name, cursor, optIn, derived }): Wish[] => {
    if (optIn && !derived) return []
    const isLeftOut = derived ? random() < 0.7 : isMixed && random() < 0.2
    const isWhole = cursor === undefined || (isMixed && random() < 0.2)
    return isLeftOut ? [] : [{ name, syncMode: isWhole ? 'full_refresh' : 'incremental' }]
  })
}

/** Sometimes a user resets a stream. @returns its name */
export function drawReset(random: Random, selection: readonly Wish[]): string | undefined {
  return random() < 0.15 ? selection[Math.floor(random() * selection.length)]?.name : undefined
}
