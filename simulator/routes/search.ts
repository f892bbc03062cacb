import { findSpan } from '../oracle/json-spans.ts'
import type { RecordVersion } from '../records/record-version.ts'
import { aheadOfIndex } from '../search/ahead-of-index.ts'
import { everyPredicate, type Predicate, testedPredicate } from '../search/predicate.ts'
import { compileQuery } from '../search/query.ts'
import { searchPage } from '../search/search-page.ts'
import { readPaging } from '../search/search-request.ts'
import type { SearchRules } from '../search/search-rules.ts'
import type { Answer } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { inspector } from './traps.ts'

/** One page of a search through a stream, by the rules of its endpoint. */
export function answerSearch(
  context: EndpointContext,
  stream: string,
  rules: SearchRules,
  textOf: (record: RecordVersion) => Buffer,
): Answer {
  const { workspace, version, workspaceDays, body, options, fault } = context
  const query = typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined
  const paging = readPaging(body, version, rules, options.largestPage)
  // The result of a query depends on the version's rules for dates, and on the zone whose days they count.
  const identity = `${version} ${workspaceDays.timeZone} ${JSON.stringify(query)}`
  const result = workspace.index(stream).search(identity, shownOf(compileQuery(query, rules), rules), paging.sortField)
  const collection = workspace.collection(stream)
  const isAhead = aheadOfIndex(stream, options)
  let hasNull = false
  const shownText = (record: RecordVersion): Buffer => {
    const text = textOf((isAhead(record) && collection.find(record.plan.id)) || record)
    if (fault.nulls === undefined || hasNull) return text
    hasNull = true
    return withNull(text, fault.nulls)
  }
  const { cursorsOpaque } = options
  const form = { ...rules.envelope, textOf: shownText, inspect: inspector(context, stream), cursorsOpaque, fault }
  return searchPage(result, paging, form)
}

/** What matches and is shown. */
function shownOf(predicate: Predicate, { isShown }: SearchRules): Predicate {
  return isShown === undefined ? predicate : everyPredicate([predicate, testedPredicate(isShown)])
}

/** A record's text with `null` for one of its members. */
function withNull(text: Buffer, member: string): Buffer {
  const span = findSpan(text, member)
  if (span === undefined) return text
  return Buffer.concat([text.subarray(0, span.start), Buffer.from('null'), text.subarray(span.end)])
}
