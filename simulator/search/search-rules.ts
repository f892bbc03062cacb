import type { RecordVersion } from '../records/record-version.ts'
import type { DateFilter } from './date-filter.ts'
import type { Predicate } from './predicate.ts'

/** How a field is compared: `date` fields by calendar day or by second, depending on stream and version. */
export type FieldKind = 'text' | 'number' | 'boolean' | 'date' | 'date_attribute' | 'attribute' | 'tag' | 'segment'

/** How the records of one stream are searched. */
export interface SearchRules {
  /** `undefined` for a field that this stream's search does not support. */
  fieldKind: (field: string) => FieldKind | undefined
  compareDate: (filter: DateFilter, kind: FieldKind) => Predicate
  /** Whether the search shows a record that matches. @defaultValue every one */
  isShown?: (record: RecordVersion) => boolean
  /** The path of the list of tags in a record. */
  tagsPath: string
  /** Whether there is such a segment. One that is deleted has no contacts from then on. @defaultValue there is */
  hasSegment?: (id: string) => boolean
  defaultPerPage: number
  /** The order of a search that requests none. */
  defaultSort: { sortField: string; descending: boolean }
  /** How a page is written around its records; Intercom does not always put the records first. */
  envelope: { type: string; recordsKey: string; recordsFirst: boolean }
}
