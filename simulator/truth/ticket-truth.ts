import type { RecordVersion } from '../records/record-version.ts'
import type { PartVersion } from '../records/thread.ts'
import { ticketParts } from '../records/ticket-record.ts'
import type { TicketPlan } from '../records/ticket-times.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { TextJudge } from './text-judge.ts'
import type { TruthLine } from './truth.ts'

/**
 * Every version of every ticket part, once for each version of its ticket that it was part of: a part can be read from
 * the time when its ticket's version can. If that version came too late to be found by `updated_at` (see `Tickets`),
 * its new parts are optional, and the earlier versions of its changed parts are as good as the present ones.
 */
export function* ticketPartTruth(workspace: Workspace, judge: TextJudge): Generator<TruthLine> {
  const stream = 'ticket_parts'
  for (const { part, ticket, others, optional } of partsOfTickets(workspace)) {
    const { visibleFrom, visibleUntil } = ticket
    const { id: parentId, updatedAt } = ticket.plan
    const or = [...new Set(others.map((other) => judge.hashes(stream, other).sha256))]
    yield {
      stream,
      id: part.plan.id,
      updatedAt,
      ...judge.hashes(stream, part),
      ...(or.length > 0 ? { or } : {}),
      visibleFrom,
      visibleUntil,
      parentId,
      ...(optional ? { optional } : {}),
    }
  }
}

/** A part inside a version of a ticket. */
export interface PartOfTicket {
  part: PartVersion
  ticket: RecordVersion
  /** Earlier versions of the part that are as good. */
  others: PartVersion[]
  optional?: true
}

export function* partsOfTickets(workspace: Workspace): Generator<PartOfTicket> {
  for (const ticket of workspace.collection('tickets').log) {
    const before = versionsAsGood(ticket).map((other) => partsById(other, workspace))
    for (const part of partsOf(ticket, workspace)) {
      const others = before.map((parts) => parts.get(part.plan.id)).filter((other) => other !== undefined)
      yield { part, ticket, others, ...(others.length < before.length ? { optional: true as const } : {}) }
    }
  }
}

/** The earlier versions that a sync may still hold in place of this one. */
function versionsAsGood({ alike }: RecordVersion): RecordVersion[] {
  return alike === undefined ? [] : [alike, ...versionsAsGood(alike)]
}

const partsOf = ({ plan }: RecordVersion, { setting }: Workspace): readonly PartVersion[] =>
  ticketParts(plan as TicketPlan, setting)

const partsById = (version: RecordVersion, workspace: Workspace): Map<string, PartVersion> =>
  new Map(partsOf(version, workspace).map((part) => [part.plan.id, part]))
