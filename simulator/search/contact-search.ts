import { isAtLeast } from '../serving/api-version.ts'
import { Calendar } from './calendar-day.ts'
import { contactFieldKind } from './contact-fields.ts'
import { dayPredicate, secondPredicate } from './date-filter.ts'
import type { SearchRules } from './search-rules.ts'

/** From this version on dates are compared by the second, and date attributes by the day of UTC. */
const exactSince = '2.17'

const utcDays = new Calendar('UTC')

/** Contacts are searched by calendar day in the workspace's own zone, up to 2.16. */
export function contactSearch(version: string, workspaceDays: Calendar): SearchRules {
  const isExact = isAtLeast(version, exactSince)
  return {
    fieldKind: contactFieldKind,
    compareDate: (filter, kind) => {
      if (!isExact) return dayPredicate(filter, workspaceDays)
      return kind === 'date' ? secondPredicate(filter) : dayPredicate(filter, utcDays)
    },
    tagsPath: 'tags.data',
    defaultPerPage: 50,
    // Seen in recordings: without a sort, contacts come in the order of their creation.
    defaultSort: { sortField: 'created_at', descending: false },
    envelope: { type: 'list', recordsKey: 'data', recordsFirst: true },
  }
}
