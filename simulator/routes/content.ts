import { contactEvents, listedSeconds } from '../records/below/events.ts'
import { articleStatistics } from '../records/below/statistics.ts'
import { transcriptText } from '../records/below/transcripts.ts'
import type { RecordVersion } from '../records/record-version.ts'
import { type Answer, RefusedRequest } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { readPage } from './page-numbers.ts'
import { listAnswer } from './record-list.ts'

const defaultMacros = 50
const mostMacros = 150
const mostConversations = 20
const defaultEvents = 50
const mostEvents = 60

/** `GET /macros`: by cursor, the last changed first, and only what has changed since a time. */
export function answerMacros({ workspace, query, version }: EndpointContext): Answer {
  const { perPage } = readPage({ ...query, page: '1' }, defaultMacros, mostMacros)
  const since = Number(query.updated_since ?? 0)
  if (!Number.isInteger(since)) throw new RefusedRequest(400, 'parameter_invalid', 'updated_since is not a timestamp')
  const place = query.starting_after === undefined ? undefined : readCursor(query.starting_after)
  const { versions } = workspace.index('macros').sortedBy('updated_at')
  const left = versions.toReversed().filter((macro) => {
    const time = macro.plan.updatedAt ?? 0
    return time > since && (place === undefined || isAfter(macro, place))
  })
  const shown = left.slice(0, perPage)
  const last = shown.at(-1)
  const next = last !== undefined && shown.length < left.length ? { starting_after: cursorOf(last) } : null
  const pages = { type: 'pages', per_page: perPage, next }
  return listAnswer(
    '"type":"list","data"',
    shown.map((macro) => macro.textIn(version)),
    `,"pages":${JSON.stringify(pages)}`,
  )
}

/** `GET /articles/{id}`: the only place that shows an article's statistics. */
export function answerArticle({ workspace, params, version }: EndpointContext): Answer {
  const article = workspace.collection('articles').find(params.id ?? '')
  if (article === undefined) throw new RefusedRequest(404, 'not_found', 'Resource Not Found')
  const text = article.textIn(version).toString().slice(0, -1)
  const body = `${text},"statistics":${articleStatistics(article.plan, workspace.setting)}}`
  return { status: 200, body: Buffer.from(body), records: 1 }
}

/** `POST /calls/search`: the calls of conversations, with their transcripts. */
export function answerCallSearch({ workspace, body, version }: EndpointContext): Answer {
  const { conversation_ids: ids } = { ...(body as { conversation_ids?: unknown } | null) }
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > mostConversations) {
    const message = 'A list of up to 20 conversation IDs is required'
    throw new RefusedRequest(400, 'conversation_id_limit_exceeded', message)
  }
  const { versions } = workspace.index('calls').sortedBy('id')
  const found = versions.filter((call) => ids.includes(call.member('conversation_id')))
  return listAnswer(
    '"type":"list","data"',
    found.map((call) => Buffer.from(transcriptText(call, version))),
  )
}

/** `GET /events`: those of one contact, newest first, no older than 90 days; a URL leads to older ones. */
export function answerEvents({ workspace, query, options }: EndpointContext): Answer {
  const { type, intercom_user_id: id = '', before } = query
  if (type !== 'user') throw new RefusedRequest(400, 'parameter_invalid', 'type must be user')
  const contact = workspace.collection('contacts').find(id)
  if (contact === undefined) throw new RefusedRequest(404, 'not_found', 'User Not Found')
  const { perPage } = readPage({ ...query, page: '1' }, defaultEvents, mostEvents)
  const oldest = Math.floor(options.clock.now() / 1000) - listedSeconds
  const left = contactEvents(contact.plan, workspace.setting, workspace.openedAt).filter(
    ({ createdAt }) => createdAt > oldest && (before === undefined || createdAt * 1000 < Number(before)),
  )
  const shown = left.slice(0, perPage)
  const last = shown.at(-1)
  const more = new URLSearchParams({ type, intercom_user_id: id, per_page: String(perPage) })
  const next =
    last !== undefined && shown.length < left.length
      ? `https://api.intercom.io/events?${more}&before=${last.createdAt * 1000}`
      : null
  return listAnswer(
    '"type":"event.list","events"',
    shown.map(({ text }) => Buffer.from(text)),
    `,"pages":${JSON.stringify({ next })},"intercom_user_id":${JSON.stringify(id)}`,
  )
}

type Place = readonly [updatedAt: number, id: string]

const cursorOf = ({ plan }: RecordVersion): string =>
  Buffer.from(JSON.stringify([plan.updatedAt, plan.id])).toString('base64')

/** Whether a macro comes after the one that a cursor names. */
function isAfter({ plan }: RecordVersion, [updatedAt, id]: Place): boolean {
  const time = plan.updatedAt ?? 0
  return time < updatedAt || (time === updatedAt && plan.id < id)
}

/** @throws RefusedRequest 400 */
function readCursor(cursor: string): Place {
  try {
    const [time, id] = JSON.parse(Buffer.from(cursor, 'base64').toString()) as [unknown, unknown]
    if (typeof time === 'number' && typeof id === 'string') return [time, id]
  } catch {
    // It is refused below.
  }
  throw new RefusedRequest(400, 'parameter_invalid', 'Invalid starting_after param')
}
