import { companyNotes } from '../records/below/company-notes.ts'
import { isUserless } from '../records/company-record.ts'
import type { RecordVersion } from '../records/record-version.ts'
import { companySearch } from '../search/company-search.ts'
import { type Answer, RefusedRequest } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { pageOfList } from './list-pages.ts'
import { pageAnswer, readPage } from './page-numbers.ts'
import { listAnswer } from './record-list.ts'
import { answerSearch } from './search.ts'

const defaultPerPage = 15
const mostPerPage = 60
const defaultNotes = 50
const listCap = 10_000

const brokenPage =
  '<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n'

/** `GET /companies` finds one company, or those with a tag or in a segment. Without a filter it lists nothing. */
export function answerCompaniesByFilter(): Answer {
  throw new RefusedRequest(400, 'parameter_not_found', 'name, company_id, tag_id or segment_id is missing')
}

/** `POST /companies/list`: companies with users, by the time of the last request, which moves while pages are read. */
export function answerCompanyList({ workspace, query, version }: EndpointContext): Answer {
  const paging = readPage(query, defaultPerPage, mostPerPage)
  if (paging.page * paging.perPage > listCap) {
    throw new RefusedRequest(400, 'bad_request', 'page limit reached, please use scroll API')
  }
  const order = query.order ?? 'desc'
  const { versions } = workspace.index('companies').sortedBy('last_request_at')
  const listed = versions.filter(({ plan }) => !isUserless(plan))
  const ordered = order === 'asc' ? listed : listed.toReversed()
  return pageAnswer('/companies/list', paging, ordered, (company: RecordVersion) => company.textIn(version), { order })
}

/** `POST /companies/search`: companies with users; deleted ones as the scroll gives them. */
export function answerCompanySearch(context: EndpointContext): Answer {
  const { version, options } = context
  const rules = companySearch(options.inclusiveBounds, ({ plan }) => !isUserless(plan))
  return answerSearch(context, 'companies', rules, (company) => company.textIn(version))
}

/** `GET /companies/scroll`: the companies at the time when it was opened, in the order of creation. */
export function answerCompanyScroll({ workspace, query, version, options }: EndpointContext): Answer {
  const { scroll_param: asked } = query
  const { scroll } = workspace.companies
  const now = options.clock.now()
  const { versions, param } =
    asked === undefined || asked === ''
      ? scroll.open([...workspace.index('companies').sortedBy('created_at').versions], now)
      : scroll.next(asked, now)
  const rest = `,"pages":null,"total_count":null,"scroll_param":"${param}"`
  return listAnswer(
    '"type":"list","data"',
    versions.map((company) => company.textIn(version)),
    rest,
  )
}

/** `GET /companies/{id}`: not found once the company is deleted. */
export function answerCompany({ workspace, params, version }: EndpointContext): Answer {
  const company = workspace.collection('companies').find(params.id ?? '')
  if (company === undefined || workspace.companies.deletion(company.plan) !== undefined) throw companyNotFound()
  return { status: 200, body: company.textIn(version), records: 1 }
}

/** `GET /companies/{id}/segments`: not found for deleted companies, although the scroll still gives them. */
export function answerCompanySegments(context: EndpointContext): Answer {
  const { workspace, version } = context
  const company = companyOf(context)
  if ('status' in company) return company
  const segments = (company.plan.segments ?? []).map((id) => workspace.collection('segments').find(id))
  const known = segments.filter((segment) => segment !== undefined)
  const { shown, pages } = pageOfList(known, context, `/companies/${company.plan.id}/segments`)
  return listAnswer(
    '"type":"list","data"',
    shown.map((segment) => segment.textIn(version)),
    pages === undefined ? '' : `,"pages":${JSON.stringify(pages)}`,
  )
}

/** `GET /companies/{id}/notes`: the same. */
export function answerCompanyNotes(context: EndpointContext): Answer {
  const company = companyOf(context)
  if ('status' in company) return company
  const paging = readPage(context.query, defaultNotes, mostPerPage)
  const notes = [...companyNotes(company.plan, context.workspace.setting).values()]
  return pageAnswer(`/companies/${company.plan.id}/notes`, paging, notes, (text) => Buffer.from(text))
}

/** The company below which something is asked for; else the answer. @throws RefusedRequest 404 */
function companyOf({ workspace, params }: EndpointContext): RecordVersion | Answer {
  const company = workspace.collection('companies').find(params.id ?? '')
  const deletion = company === undefined ? 'json' : workspace.companies.deletion(company.plan)
  if (deletion === 'html') {
    return { status: 404, headers: { 'Content-Type': 'text/html' }, body: Buffer.from(brokenPage) }
  }
  if (company === undefined || deletion === 'json') throw companyNotFound()
  return company
}

function companyNotFound(): RefusedRequest {
  return new RefusedRequest(404, 'company_not_found', 'Company Not Found')
}
