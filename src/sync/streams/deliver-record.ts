import { unsigned } from '../../intercom/text/content-hash.ts'
import type { ScannedAnswer } from '../../intercom/text/record-scanner.ts'
import { bytesOf, type MemberType, recordText, wholeText } from '../../intercom/text/record-text.ts'
import type { StreamEntry } from '../../streams/table.ts'
import type { FoundChildren } from '../completion/ask-children.ts'
import type { FoundLists } from '../completion/list-completion.ts'
import type { PendingParents } from '../completion/pending-parents.ts'
import { truncatedField } from '../completion/truncation.ts'
import type { Sink } from '../contract/walk.ts'
import type { Fingerprints } from '../delivered/fingerprints.ts'
import { isVersionInLog } from '../delivered/record-version.ts'
import type { Row } from '../pages/search-pages.ts'
import { derivedRows, type RowForm, type RowOwner } from './derived-rows.ts'
import type { Overlap } from './overlap.ts'

/** A record that a walk has found, with its children where these were requested. */
export interface Found {
  answer: ScannedAnswer
  row: Row
  children: FoundChildren | undefined
  /** The edits that make the record's cut lists whole. */
  lists?: FoundLists | undefined
  /** The record is of the second reading of a slice, see `Asked`. */
  reread?: true | undefined
}

/** Everything needed to deliver the records of one stream. */
export interface StreamOutput {
  entry: StreamEntry
  /** The stream that Intercom is asked for, see `sourceOf`. */
  source: StreamEntry
  /** The types that members get in our messages. */
  types: readonly (readonly [name: string, MemberType])[]
  /** The types of the member that names a child's parent. */
  parentIdTypes: ReadonlyMap<string, MemberType>
  /** For a stream of rows inside records. */
  rowForm: RowForm | undefined
  overlap: Overlap
  /** For a child stream. */
  pendingParents: PendingParents
  fingerprints: Fingerprints
}

export function deliverRecord(delivery: StreamOutput, { answer, row, lists }: Found, sink: Sink): void {
  const { entry, types, rowForm, overlap } = delivery
  if (!isNew(delivery, answer, row, sink)) return
  sink.present?.(entry.name, row.id)
  // The next sync meets the record with the same content, and must deliver it whole.
  if (lists?.isPartial) overlap.seen.forget(row.id)
  if (rowForm) {
    const text = bytesOf(recordText(answer, row.record, [], lists?.edits))
    deliverDerivedRows(delivery, rowForm, { ...row, text }, sink)
    return
  }
  const text = recordText(answer, row.record, types, lists?.edits)
  // A scroll or period that breaks off in the middle is read again from its beginning.
  if ((entry.filtered || entry.periods) && isInLog(delivery, bytesOf(text))) return
  const changes = truncatedField(entry.search?.childCounter, answer, row.record)
  if (changes) sink.count(entry.name, 'capped', 1)
  sink.record(entry.name, text, changes)
}

/**
 * Delivers all rows inside a record. A record that comes again, because the attempt before has died or the record has
 * moved, brings rows that are in the log already.
 */
export function deliverDerivedRows(delivery: StreamOutput, form: RowForm, owner: RowOwner, sink: Sink): void {
  for (const row of derivedRows(form, owner))
    if (!isInLog(delivery, row)) sink.record(delivery.entry.name, wholeText(row))
}

/** Whether a record, or the children of a parent taken as one record, must be delivered. Late arrivals are counted. */
export function isNew({ entry, overlap }: StreamOutput, answer: ScannedAnswer, row: Row, sink: Sink): boolean {
  const before = overlap.lateArrivals()
  const isNew = overlap.isNew(answer, row)
  sink.count(entry.name, 'lateArrivals', overlap.lateArrivals() - before)
  return isNew
}

/**
 * Adds a text to the log's fingerprints. @returns whether it was there already. Signatures do not matter: an attachment
 * that is signed anew makes the same record.
 */
export function isInLog({ entry, fingerprints }: Pick<StreamOutput, 'entry' | 'fingerprints'>, text: Buffer): boolean {
  return !fingerprints.add(entry.name, unsigned(text))
}

/**
 * Whether this job has already delivered this version of a record. Only for searched streams; records of other streams,
 * and rows inside records, are recognized by their text.
 */
export function isRepeat(
  { entry, fingerprints }: Pick<StreamOutput, 'entry' | 'fingerprints'>,
  answer: ScannedAnswer,
  row: Row,
): boolean {
  return entry.search !== undefined && isVersionInLog(fingerprints, entry.name, answer.body, row.record)
}
