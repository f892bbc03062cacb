import { contactSearch } from '../search/contact-search.ts'
import type { Answer } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { answerSearch } from './search.ts'

/** `POST /contacts/search`. */
export function answerContactSearch(context: EndpointContext): Answer {
  const { workspace, version, workspaceDays } = context
  const hasSegment = (id: string) => workspace.collection('segments').find(id) !== undefined
  const rules = { ...contactSearch(version, workspaceDays), hasSegment }
  return answerSearch(context, 'contacts', rules, (contact) => contact.textIn(version))
}
