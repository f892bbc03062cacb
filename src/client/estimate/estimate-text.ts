import { strangerError } from '../../connector/bridge/service/service-failures.ts'
import { formatCount, formatDuration, formatNoun } from '../../display/figures.ts'
import { isObject } from '../../json-object.ts'
import { alignColumns } from '../service/columns.ts'

const headings = ['STREAM', 'ROWS', 'REQUESTS', 'TIME']

/** An estimate for people. @throws CodedError when it is something else */
export function estimateText(value: unknown): string {
  if (!isObject(value) || !Array.isArray(value.streams) || !isObject(value.total))
    throw strangerError('it does not answer with an estimate')
  const streams = value.streams.filter(isObject)
  const rows = streams.map((stream) => [String(stream.streamName), ...cellsOf(stream)])
  const remarks = streams.flatMap((stream) => {
    const { problem, notes } = stream
    const detail = isObject(problem) ? [`cannot be read: ${String(problem.detail)}`] : []
    return [...detail, ...(Array.isArray(notes) ? notes.map(String) : [])].map(
      (remark) => `${String(stream.streamName)}: ${remark}`,
    )
  })
  const lines = alignColumns([headings, ...rows, ['in all', ...cellsOf(value.total)]])
  const limit = typeof value.rateLimit === 'number' ? `, at ${formatNoun(value.rateLimit, 'request')} in 10 s` : ''
  const made = formatNoun(Number(value.requestsMade ?? 0), 'request')
  return [...lines, '', `~ is guessed. The estimate took ${made}${limit}.`, ...remarks, ''].join('\n')
}

function cellsOf({ rows, rowsBasis, requests, requestsBasis, minutes }: Record<string, unknown>): string[] {
  const time = typeof minutes === 'number' ? formatDuration(minutes * 60) : '?'
  return [figure(rows, rowsBasis), figure(requests, requestsBasis), time]
}

function figure(count: unknown, basis: unknown): string {
  if (typeof count !== 'number') return '?'
  return `${basis === 'guessed' ? '~' : ''}${formatCount(count)}`
}
