import { contactListIds } from '../contact-lists.ts'
import type { RecordPlan, RecordSetting } from '../record-definition.ts'
import { noteText } from './note-text.ts'

/** The notes of a contact, as `GET /contacts/{id}/notes` gives them, by their ids. */
export function contactNotes(plan: RecordPlan, setting: RecordSetting): Map<string, string> {
  return new Map(contactListIds('notes', plan, setting).map((id) => [id, noteText('contact', id, plan)]))
}
