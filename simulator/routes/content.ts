import type { RecordVersion } from '../records/record-version.ts'
import { type Answer, RefusedRequest } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { readPage } from './page-numbers.ts'
import { listAnswer } from './record-list.ts'

const defaultMacros = 50
const mostMacros = 150

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
