import type { Answer } from '../answer.ts'
import type { RecordVersion } from '../records/record-version.ts'
import { compileQuery } from '../search/query.ts'
import { searchPage } from '../search/search-page.ts'
import { readPaging } from '../search/search-request.ts'
import type { SearchRules } from '../search/search-rules.ts'
import type { EndpointContext } from './endpoint.ts'
import { inspector } from './traps.ts'

/** One page of a search through a stream, by the rules of its endpoint. */
export function answerSearch(
  context: EndpointContext,
  stream: string,
  rules: SearchRules,
  textOf: (record: RecordVersion) => Buffer,
): Answer {
  const { workspace, version, workspaceDays, body } = context
  const query = typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined
  const paging = readPaging(body, version, rules)
  // What a query finds hangs on the version's rules for dates, and on the zone whose days they count.
  const identity = `${version} ${workspaceDays.timeZone} ${JSON.stringify(query)}`
  const result = workspace.index(stream).search(identity, compileQuery(query, rules), paging.sortField)
  return searchPage(result, paging, { ...rules.envelope, textOf, inspect: inspector(context, stream) })
}
