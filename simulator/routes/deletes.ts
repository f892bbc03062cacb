import { createRandom } from '../random.ts'
import type { RecordVersion } from '../records/record-version.ts'
import { type Answer, RefusedRequest } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { nextPageUrl, type PageNumber, pageAnswer, readPage } from './page-numbers.ts'
import { inPageOrder } from './page-order.ts'
import { listAnswer } from './record-list.ts'

const orderKey = 34
const conversationsPerPage = 20
const mostConversations = 60
const contactsPerPage = 10
const activitiesPerPage = 50
const mostPerPage = 150

const textOf = (record: RecordVersion): Buffer => record.text

/** `GET /conversations/deleted`: newest first unless it is asked otherwise. */
export function answerDeletedConversations(context: EndpointContext): Answer {
  const { workspace, query } = context
  const paging = readPage(query, conversationsPerPage, mostConversations)
  const order = query.order ?? 'desc'
  const records = workspace.collection('deleted_conversations').latest()
  const time = ({ plan }: RecordVersion) => plan.updatedAt ?? 0
  const sorted = records.toSorted((one, other) => time(one) - time(other))
  const ordered = inPageOrder(order === 'asc' ? sorted : sorted.toReversed(), 'deleted_at', context)
  const { page, perPage } = paging
  const totalPages = Math.max(1, Math.ceil(ordered.length / perPage))
  const next = page < totalPages ? nextPageUrl('/conversations/deleted', paging, { order }) : null
  const pages = { type: 'pages', next, page, per_page: perPage, total_pages: totalPages }
  const shown = ordered.slice((page - 1) * perPage, page * perPage)
  const rest = `,"pages":${JSON.stringify(pages)},"total_count":${ordered.length}`
  return listAnswer('"type":"conversations.list","conversations"', shown.map(textOf), rest)
}

/** `GET /contacts/deleted`: all contacts that are out of sight, in no order that is stated. */
export function answerDeletedContacts(context: EndpointContext): Answer {
  const { workspace, options, query } = context
  refuseAbsent(context)
  const paging = { page: Number(query.page ?? 1), perPage: sizeOf(query.per_page) }
  const records = options.contactFeeds === 'empty' ? [] : workspace.collection('deleted_contacts').latest()
  const placeOf = ({ plan }: RecordVersion) =>
    options.unstableTies ? workspace.tieRandom() : createRandom(options.seed, orderKey, ...Buffer.from(plan.id))()
  const places = new Map(records.map((record) => [record, placeOf(record)]))
  const shuffled = records.toSorted((one, other) => (places.get(one) ?? 0) - (places.get(other) ?? 0))
  return pageAnswer('/contacts/deleted', paging satisfies PageNumber, shuffled, textOf)
}

/** `GET /contacts/activities`: oldest first. The cursor is the id of the last event of the page before. */
export function answerContactActivities(context: EndpointContext): Answer {
  const { workspace, options, query } = context
  refuseAbsent(context)
  const perPage = Number(query.per_page ?? activitiesPerPage)
  if (!Number.isInteger(perPage) || perPage < 1 || perPage > mostPerPage)
    throw new RefusedRequest(400, 'parameter_invalid', 'Per Page is not in 1 to 150')
  const records = options.contactFeeds === 'empty' ? [] : workspace.collection('contact_activities').latest()
  const after = query.starting_after
  const place = after === undefined ? 0 : records.findIndex(({ plan }) => plan.id === after) + 1
  if (after !== undefined && place === 0 && options.contactFeeds !== 'empty')
    throw new RefusedRequest(400, 'parameter_invalid', 'Invalid starting_after param')
  const shown = records.slice(place, place + perPage)
  const goesOn = place + perPage < records.length
  const next = goesOn ? { starting_after: shown.at(-1)?.plan.id } : null
  return listAnswer(
    '"type":"list","data"',
    shown.map(textOf),
    `,"pages":${JSON.stringify({ type: 'pages', per_page: perPage, next })}`,
  )
}

/** Workspaces that do not have the two endpoints look for a contact with that name. */
function refuseAbsent({ options }: EndpointContext): void {
  if (options.contactFeeds === 'absent') throw new RefusedRequest(404, 'not_found', 'User Not Found')
}

/** Larger sizes are cut, and of a text only the leading digits are read. @throws RefusedRequest 400 */
function sizeOf(asked: string | undefined): number {
  const size = Number(/^\d+/.exec(asked ?? String(contactsPerPage))?.[0] ?? 0)
  if (size < 1) throw new RefusedRequest(400, 'invalid_per_page', 'per_page must be a positive integer')
  return Math.min(size, mostPerPage)
}
