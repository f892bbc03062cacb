import { contactSearch } from '../search/contact-search.ts'
import type { Answer } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { answerSearch } from './search.ts'

/** `POST /contacts/search`. */
export function answerContactSearch(context: EndpointContext): Answer {
  const { version, workspaceDays } = context
  return answerSearch(context, 'contacts', contactSearch(version, workspaceDays), (contact) => contact.textIn(version))
}
