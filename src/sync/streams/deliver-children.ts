import type { ScannedAnswer, ScannedRecord } from '../../intercom/text/record-scanner.ts'
import { bytesOf, recordText, wholeText } from '../../intercom/text/record-text.ts'
import type { Children, FoundChildren } from '../completion/ask-children.ts'
import { addMembers, parentIdMembers, parentMembers, wholeAnswer } from '../completion/child-text.ts'
import type { Parent } from '../completion/pending-parents.ts'
import type { Sink } from '../contract/walk.ts'
import { idOf } from '../pages/search-pages.ts'
import { deliverDerivedRows, isInLog, isNew, type StreamOutput } from './deliver-record.ts'

/** Delivers all children, never filtered by their own times, because a child can be indexed later than its parent. */
export function deliverChildren(delivery: StreamOutput, parent: Parent, children: FoundChildren, sink: Sink): void {
  const { entry, source, pendingParents } = delivery
  if (children === 'unreadable') pendingParents.failed(parent)
  else if (children === 'gone') pendingParents.mayBeGone(parent)
  else if (children === 'deleted') {
    pendingParents.settled(parent, false)
    sink.count(entry.name, 'deletedMeanwhile', 1)
    if (source.child) sink.gone?.(source.child.parent, parent.id, { streamName: source.name, ids: parent.shown ?? [] })
  } else deliverFound(delivery, parent, children, sink)
}

function deliverFound(delivery: StreamOutput, parent: Parent, { answer, total = 0 }: Children, sink: Sink): void {
  const { pendingParents } = delivery
  const { records } = answer
  if (!records) {
    pendingParents.failed(parent)
    return
  }
  pendingParents.settled(parent, true)
  // The hash covers all children of a parent, because they can change without a change in the parent's record.
  const whole = { ...parent, createdAt: undefined, record: wholeAnswer(answer) }
  if (!isNew(delivery, answer, whole, sink)) return
  for (const record of records) deliverChild(delivery, parent, answer, record, sink)
  tellLacking(delivery, parent, total, records.length, sink)
}

function deliverChild(
  delivery: StreamOutput,
  parent: Parent,
  answer: ScannedAnswer,
  record: ScannedRecord,
  sink: Sink,
): void {
  const { entry, source, types, parentIdTypes, rowForm } = delivery
  if (rowForm) {
    const id = idOf(answer.body, record) ?? ''
    const text = bytesOf(recordText(answer, record, []))
    const ofParent = parentIdMembers(source, parent, rowForm.parentIdTypes)
    deliverDerivedRows(delivery, rowForm, { id, text, updatedAt: parent.updatedAt, ofParent }, sink)
    return
  }
  const added = parentMembers(entry, parent, record, parentIdTypes)
  const text = addMembers(bytesOf(recordText(answer, record, types)), added)
  // A parent that moves while it is read comes again, together with children that have come already.
  if (!isInLog(delivery, text)) sink.record(entry.name, wholeText(text))
}

/**
 * Reports that Intercom gives fewer children of a parent than there are: just the newest, or fewer without a reason.
 */
function tellLacking({ entry, source }: StreamOutput, { id }: Parent, total: number, came: number, sink: Sink): void {
  if (total <= came) return
  const isCapped = came >= (source.child?.mostChildren ?? Infinity)
  const why = isCapped ? `Intercom gives the newest ${came} only` : `Intercom gave ${came}, however often it was asked`
  const what = entry.derived ? `${total} ${source.name}` : total
  sink.log('WARN', `${entry.name}: ${id} has ${what}, ${why}`)
  if (isCapped) sink.count(entry.name, 'capped', 1)
}
