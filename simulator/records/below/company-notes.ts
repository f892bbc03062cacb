import { createRandom, integerBetween } from '../../random.ts'
import type { RecordPlan, RecordSetting } from '../record-definition.ts'
import { noteText } from './note-text.ts'

const companyNoteKey = 61
const firstCompanyNote = 700_000

/** The notes of a company, as `GET /companies/{id}/notes` gives them, by their ids. */
export function companyNotes(plan: RecordPlan, { seed, mostCompanyNotes }: RecordSetting): Map<string, string> {
  const random = createRandom(seed, companyNoteKey, plan.index, plan.revision)
  const length = random() < 0.5 ? 0 : integerBetween(random, 0, mostCompanyNotes + 1)
  const first = firstCompanyNote + plan.index * 1000 + plan.revision * 100
  const ids = Array.from({ length }, (_, place) => String(first + place))
  return new Map(ids.map((id) => [id, noteText('company', id, plan)]))
}
