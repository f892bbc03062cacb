import type { Answer } from '../answer.ts'
import type { Fault } from '../faults/fault.ts'
import type { FaultScript } from '../faults/fault-script.ts'
import type { SimulatorOptions } from '../options.ts'
import type { Calendar } from '../search/calendar-day.ts'
import type { Workspace } from '../workspace.ts'

/** What an endpoint answers from. */
export interface EndpointContext {
  workspace: Workspace
  options: Required<SimulatorOptions>
  workspaceDays: Calendar
  faults: FaultScript
  /** The API version that serves the request. */
  version: string
  body: unknown
  /** The parts of the path that stand for an id. */
  params: Readonly<Record<string, string>>
  /** The query string; of a name used twice the last value. */
  query: Readonly<Record<string, string>>
  /** What the request has met, as far as an endpoint has to know. */
  fault: Fault
}

/** One thing the API can be asked. */
export interface Endpoint {
  method: 'GET' | 'POST'
  /** Ids are written `:id`. */
  path: string
  /** The scope a token needs; left out where every token will do. */
  scope?: string
  /** The first version that has it. @defaultValue all have it */
  since?: string
  /** Whether it counts for the mutation plan. */
  isSearch?: boolean
  /** @throws RefusedRequest */
  answer: (context: EndpointContext) => Answer
}
