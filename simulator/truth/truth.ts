import type { RetypedMembers } from '../records/delivered-text.ts'
import { findRowsInside } from '../records/rows-inside.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { belowNames, belowTruth } from './below-truth.ts'
import { membershipTruth, partTruth } from './child-truth.ts'
import { rowsInsideTruth } from './rows-inside-truth.ts'
import { TextJudge } from './text-judge.ts'
import { ticketPartTruth } from './ticket-truth.ts'

/** One version of one record, as it must be delivered while the search shows it. */
export interface TruthLine {
  stream: string
  /** The record's key in its stream, see `oracle/stream-rules.ts`. */
  id: string
  /** Unix seconds; the parent's time if there is a parent; `null` for streams without times. */
  updatedAt: number | null
  /** Hex SHA-256 of the comparable part of the record's text, with the documented repairs. */
  sha256: string
  /** Hashes of other texts that are as good, e.g. with a member that is given only on request. */
  or?: string[]
  /** Ms since the epoch; 0 for versions that were there from the start. */
  visibleFrom: number
  /** Ms since the epoch; `null` while nothing has replaced it. */
  visibleUntil: number | null
  /** The id of the parent that the record is read below. */
  parentId?: string
  /** Whether a sync may leave it out. */
  optional?: true
  /** Whether an increment may leave it out, and what was delivered before stays. */
  unseen?: true
}

/** Options for the truth. */
export interface TruthOptions {
  /** The API version that a sync reads with. @defaultValue '2.16' */
  version?: string
  /** @defaultValue all streams that the workspace has records for, without those of rows inside records */
  streams?: readonly string[]
  /** By stream: the members that change their type. @defaultValue `defaultRetyped` */
  retyped?: Readonly<Record<string, RetypedMembers>>
  /** Whether a contact's lists must be complete; otherwise the ten shown items are enough. @defaultValue true */
  completeLists?: boolean
  /** Ids of contacts of which a sync has told that lists could not be read. @defaultValue none */
  unreadLists?: ReadonlySet<string>
}

/** Every version of every record there ever was, in the order in which they were made. */
export function* truthOf(workspace: Workspace, options: TruthOptions = {}): Generator<TruthLine> {
  const judge = new TextJudge(workspace, options)
  for (const stream of options.streams ?? workspace.streamNames) {
    if (stream === 'conversation_parts') yield* partTruth(workspace, judge)
    else if (stream === 'company_segments') yield* membershipTruth(workspace, judge)
    else if (stream === 'ticket_parts') yield* ticketPartTruth(workspace, judge)
    else if (belowNames.includes(stream)) yield* belowTruth(workspace, stream, judge, options)
    else if (findRowsInside(stream)) yield* rowsInsideTruth(workspace, stream, options)
    else {
      for (const version of workspace.collection(stream).log) {
        if (!version.isListed) continue
        const { plan, visibleFrom, visibleUntil } = version
        const { id, updatedAt } = plan
        const optional = version.isOptional ? { optional: true as const } : {}
        const more = { ...optional, ...(version.isUnseen && { unseen: true as const }) }
        yield { stream, id, updatedAt, ...judge.hashes(stream, version), visibleFrom, visibleUntil, ...more }
      }
    }
  }
}
