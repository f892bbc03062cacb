import { apiPoints, sides } from '../support/failpoint-list.ts'
import { type ArmedFailpoint, toldFailpoint } from '../support/failpoints.ts'
import type { ApiStage, Outcome } from './api-stage.ts'

/** Each failpoint of an API, before and after its step. */
export function apiDeaths(times: number): ArmedFailpoint[] {
  return Array.from({ length: times }, () =>
    apiPoints.flatMap((name) => sides.map((when): ArmedFailpoint => ({ does: 'kill', when, name, hit: 1 }))),
  ).flat()
}

/**
 * Kills an API at each failpoint. Its caller repeats the call that broke elsewhere, and all must be as if nobody had died.
 *
 * @param same holds an outcome against the one of a round in peace
 */
export async function killApis(
  stage: ApiStage,
  deaths: readonly ArmedFailpoint[],
  same: (outcome: Outcome, expected: Outcome, told: string) => void,
): Promise<void> {
  const { outcome: expected } = await stage.round()
  for (const death of deaths) {
    const told = toldFailpoint(death)
    const { outcome, victim } = await stage.round(death)
    // A reader that hangs up is dropped when it has gone, so its API may die a little later than its caller can tell.
    await victim?.exited
    same(outcome, expected, told)
  }
}
