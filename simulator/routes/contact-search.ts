import type { Answer } from '../answer.ts'
import { contactSearch } from '../search/contact-search.ts'
import { compileQuery } from '../search/query.ts'
import { searchPage } from '../search/search-page.ts'
import { readPaging } from '../search/search-request.ts'
import type { EndpointContext } from './endpoint.ts'
import { inspector } from './traps.ts'

/** `POST /contacts/search`. */
export function answerContactSearch(context: EndpointContext): Answer {
  const { workspace, version, workspaceDays, body } = context
  const rules = contactSearch(version, workspaceDays)
  const query = typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined
  const paging = readPaging(body, version, rules)
  const predicate = compileQuery(query, rules)
  const identity = `${version} ${workspaceDays.timeZone} ${JSON.stringify(query)}`
  const result = workspace.index('contacts').search(identity, predicate, paging.sortField)
  return searchPage(result, paging, {
    ...rules.envelope,
    textOf: (contact) => contact.textIn(version),
    inspect: inspector(context, 'contacts'),
  })
}
