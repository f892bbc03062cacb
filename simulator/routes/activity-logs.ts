import type { RecordVersion } from '../records/record-version.ts'
import { type Answer, RefusedRequest } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { nextPageUrl, readPage } from './page-numbers.ts'
import { inPageOrder } from './page-order.ts'
import { listAnswer } from './record-list.ts'

const defaultPerPage = 20
const mostPerPage = 250

/** The parameters of both forms: one has them in its query string, the other in its body. */
type Asked = Readonly<Record<string, unknown>>

/** `GET /admins/activity_logs`. */
export function answerActivityLogs(context: EndpointContext): Answer {
  return answerWindow(context, '/admins/activity_logs', context.query)
}

/** `POST /admins/activity_logs/search`: the same, and by type. */
export function answerActivityLogSearch(context: EndpointContext): Answer {
  const { body } = context
  const asked = typeof body === 'object' && body !== null ? (body as Asked) : {}
  const { event_types: types } = asked
  if (types !== undefined && !Array.isArray(types)) {
    throw new RefusedRequest(400, 'parameter_invalid', 'event_types is not a list')
  }
  const isAsked = (entry: RecordVersion): boolean =>
    types === undefined || types.includes(entry.member('activity_type'))
  return answerWindow(context, '/admins/activity_logs/search', asked, isAsked)
}

/** Always newest first, in pages. The answer does not say how many entries there are. */
function answerWindow(
  context: EndpointContext,
  path: string,
  asked: Asked,
  isAsked: (entry: RecordVersion) => boolean = () => true,
): Answer {
  const { page, perPage } = readPage(pageOf(asked), defaultPerPage, mostPerPage)
  const entries = inPageOrder(entriesIn(context, asked).filter(isAsked).reverse(), 'created_at', context)
  const totalPages = Math.ceil(entries.length / perPage)
  const { created_at_after: after, created_at_before: before } = asked
  const bounds = {
    created_at_after: String(after),
    ...(before === undefined ? {} : { created_at_before: String(before) }),
  }
  const { endsEarly, lacks = 0 } = context.fault
  const next = page < totalPages && !endsEarly ? nextPageUrl(path, { page, perPage }, bounds) : null
  const pages = { type: 'pages', next, page, per_page: perPage, total_pages: totalPages }
  const shown = entries.slice((page - 1) * perPage, page * perPage).map((entry) => entry.textIn(context.version))
  // On the last page nothing would show that entries are missing, because the log is not counted.
  if (next !== null) shown.length -= Math.min(shown.length, lacks)
  return listAnswer(`"type":"activity_log.list","pages":${JSON.stringify(pages)},"activity_logs"`, shown)
}

/** The entries of the requested window, oldest first. @throws RefusedRequest 400; 500 when the window holds too many */
function entriesIn({ workspace, options }: EndpointContext, asked: Asked): RecordVersion[] {
  const after = secondOf(asked, 'created_at_after')
  if (after === undefined) throw new RefusedRequest(400, 'parameter_not_found', 'created_at_after is missing')
  const before = secondOf(asked, 'created_at_before') ?? Number.POSITIVE_INFINITY
  const [first, last] = options.inclusiveBounds ? [after, before] : [after + 1, before - 1]
  const list = workspace.index('activity_logs').sortedBy('created_at')
  const entries = list.versions.slice(list.valueBound(first * 1000), list.valueBound((last + 1) * 1000))
  if (options.mostActivityLogs !== null && entries.length > options.mostActivityLogs) {
    throw new RefusedRequest(500, 'server_error', 'Server error')
  }
  return entries
}

/** Unix seconds, as number or text. */
function secondOf(asked: Asked, name: string): number | undefined {
  const value = asked[name]
  if (value === undefined || value === null || value === '') return undefined
  const second = Number(value)
  if (!Number.isInteger(second)) throw new RefusedRequest(400, 'parameter_invalid', `${name} is not a Unix timestamp`)
  return second
}

function pageOf({ page, per_page: perPage }: Asked): Record<string, string> {
  return {
    ...(page === undefined || page === null ? {} : { page: String(page) }),
    ...(perPage === undefined || perPage === null ? {} : { per_page: String(perPage) }),
  }
}
