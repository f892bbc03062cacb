import { createHash } from 'node:crypto'
import type { TruthLine } from '../../simulator/truth/truth.ts'

/** Hand-made message logs and truths. */

export const recordLine = (stream: string, data: string, emittedAt = 1): string =>
  `{"type":"RECORD","record":{"stream":"${stream}","emitted_at":${emittedAt},"data":${data}}}`

export const stateLine = (stream: string, count: string, state = '{"updated_at":1}'): string =>
  `{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"${stream}"},"stream_state":${state}},"sourceStats":{"recordCount":${count}}}}`

export const statusLine = (stream: string, status: string, emittedAt = 1): string =>
  `{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":${emittedAt},"stream_status":{"stream_descriptor":{"name":"${stream}"},"status":"${status}"}}}`

/** The text of a contact in one of its versions. */
export const contact = (id: string, updatedAt = 100): string => `{"id":"${id}","updated_at":${updatedAt}}`

/** A whole, right sync of one stream. */
export function wholeLog(records: string[], stream = 'contacts'): string[] {
  return [
    statusLine(stream, 'STARTED'),
    statusLine(stream, 'RUNNING'),
    ...records.map((data) => recordLine(stream, data)),
    stateLine(stream, `${records.length}.0`),
    statusLine(stream, 'COMPLETE'),
  ]
}

/** The line of the truth for a record's text. */
export function truthLine(text: string, visible: [from: number, until: number | null] = [0, null]): TruthLine {
  const { id, updated_at: updatedAt } = JSON.parse(text) as { id: string; updated_at: number }
  const sha256 = createHash('sha256').update(text).digest('hex')
  return { stream: 'contacts', id, updatedAt, sha256, visibleFrom: visible[0], visibleUntil: visible[1] }
}

/** NDJSON of lines, in one piece. */
export const ndjson = (lines: string[]): string[] => [lines.map((line) => `${line}\n`).join('')]
