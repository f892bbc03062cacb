import { membershipTruth, partTruth } from './child-truth.ts'
import type { RetypedMembers } from './records/delivered-text.ts'
import { TextJudge } from './text-judge.ts'
import { ticketPartTruth } from './ticket-truth.ts'
import type { Workspace } from './workspace.ts'

/** One version of one record, as it must be delivered while search shows it. */
export interface TruthLine {
  stream: string
  /** What tells the records of the stream apart, see `oracle/stream-rules.ts`. */
  id: string
  /** Unix seconds, of the parent where there is one; `null` for streams without times. */
  updatedAt: number | null
  /** Hex SHA-256 of what can be compared of the record's text, with the documented repairs. */
  sha256: string
  /** Hashes of other texts that are as good, e.g. with a member that comes only when asked for. */
  or?: string[]
  /** Ms since the epoch; 0 for what was there from the start. */
  visibleFrom: number
  /** Ms since the epoch; `null` while nothing has taken its place. */
  visibleUntil: number | null
  /** The id of the record it is read below. */
  parentId?: string
  /** Whether a sync may leave it out. */
  optional?: true
}

/** Which truth is asked for. */
export interface TruthOptions {
  /** The API version a sync reads with. @defaultValue '2.16' */
  version?: string
  /** @defaultValue all it has records for */
  streams?: readonly string[]
  /** By stream: the members that change their type. @defaultValue as `defaultRetyped` says */
  retyped?: Readonly<Record<string, RetypedMembers>>
  /** Whether a contact's lists must be there whole; otherwise the ten that are shown will do. @defaultValue true */
  completeLists?: boolean
}

/** Every version of every record there ever was, in the order of their coming. */
export function* truthOf(workspace: Workspace, options: TruthOptions = {}): Generator<TruthLine> {
  const judge = new TextJudge(workspace, options)
  for (const stream of options.streams ?? workspace.streamNames) {
    if (stream === 'conversation_parts') yield* partTruth(workspace, judge)
    else if (stream === 'company_segments') yield* membershipTruth(workspace, judge)
    else if (stream === 'ticket_parts') yield* ticketPartTruth(workspace, judge)
    else {
      for (const version of workspace.collection(stream).log) {
        if (!version.isListed) continue
        const { plan, visibleFrom, visibleUntil } = version
        const { id, updatedAt } = plan
        const optional = version.isOptional ? { optional: true as const } : {}
        yield { stream, id, updatedAt, ...judge.hashes(stream, version), visibleFrom, visibleUntil, ...optional }
      }
    }
  }
}
