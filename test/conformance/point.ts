import type { Evidence } from './evidence.ts'

/** One point of the checklist. */
export interface Point {
  id: string
  words: string
  /** What contradicts the point; nothing when it holds. */
  faultsIn: (evidence: Evidence) => string[]
}

/** A fault where something is not as it has to be. */
export function unless(holds: boolean, fault: string): string[] {
  return holds ? [] : [fault]
}
