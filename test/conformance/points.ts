import { conductPoints } from './conduct-points.ts'
import { discoveryPoints } from './discovery-points.ts'
import type { Point } from './point.ts'
import { readPoints } from './read-points.ts'
import { specPoints } from './spec-points.ts'
import { syncPoints } from './sync-points.ts'

/**
 * The checklist of Airbyte's connector acceptance tests as far as it is about messages, and after it the conduct that
 * the platform relies on and those tests do not look at.
 *
 * Points that are no checks on messages, and where they are held instead:
 *
 * - Labels and entry point of the image: they are the image's. `metadata.yaml` and its version: test/airbyte-document.
 * - allowedHosts, suggestedStreams, the headings of the page: test/airbyte-document.
 * - Spec and catalog compatible with the previous version: there is no released version yet to compare with.
 * - Spec equal to a spec file: there is no such file. The suite compares what all drivers give instead.
 * - Rules for oneOf, arrays, group, display_type in the spec: it has none, which spec-types and spec-order hold.
 * - Patterns of date formats in the spec: theirs is a warning only, and has no place for the zone that a start date has.
 * - validate_data_points (each member of a schema filled at least once): optional there; a simulated workspace does not
 *   fill every member.
 * - Limits of time (spec 60 s, discovery 5 min, reads 10 and 20 min): the limit of a test file, 2 min, is below them.
 */
export const points: readonly Point[] = [
  ...specPoints,
  ...discoveryPoints,
  ...readPoints,
  ...syncPoints,
  ...conductPoints,
]
