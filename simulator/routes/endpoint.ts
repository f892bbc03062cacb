import type { Fault } from '../faults/fault.ts'
import type { FaultScript } from '../faults/fault-script.ts'
import type { SimulatorOptions } from '../options.ts'
import type { Calendar } from '../search/calendar-day.ts'
import type { Answer } from '../serving/answer.ts'
import type { Workspace } from '../workspace/workspace.ts'

/** Everything that an endpoint needs for its answer. */
export interface EndpointContext {
  workspace: Workspace
  options: Required<SimulatorOptions>
  workspaceDays: Calendar
  faults: FaultScript
  /** Whom the token belongs to. */
  workspaceId: string
  /** The API version that serves the request. */
  version: string
  body: unknown
  /** The parts of the path that replace an id. */
  params: Readonly<Record<string, string>>
  /** The query string; if a name is used twice, the last value. */
  query: Readonly<Record<string, string>>
  /** The fault that the request has met, as far as an endpoint has to know. */
  fault: Fault
}

/** One endpoint of the API. */
export interface Endpoint {
  method: 'GET' | 'POST'
  /** Ids are written `:id`. */
  path: string
  /** The scope that a token needs; absent when every token will do. */
  scope?: string
  /** The first version that has it. @defaultValue all have it */
  since?: string
  /** Whether it counts for the mutation plan. */
  isSearch?: boolean
  /** @throws RefusedRequest */
  answer: (context: EndpointContext) => Answer
}
