import { findSpan } from '../oracle/json-spans.ts'
import { decodeCursor, encodeCursor, isOpaqueCursor } from '../search/cursor.ts'
import { type Answer, errorAnswer } from '../serving/answer.ts'
import { type Fault, reasonOf } from './fault.ts'

interface FaultSetting {
  perWindow: number
  requestId: string
  /** `starting_after` of the request, and of the latest earlier search that had a different one. */
  cursor: string | undefined
  previousCursor: string | undefined
}

/** Whether the endpoint has to handle the request, because the fault needs its real answer. */
export function needsRealAnswer(fault: Fault): boolean {
  const { status, body, text, html, reset } = fault
  return reset !== 'before-headers' && [status, body, text, html].every((value) => value === undefined)
}

/** The answer with which a fault replaces the real one. */
export function replacementAnswer(fault: Fault, setting: FaultSetting): Answer {
  const { status = 200, headers = {} } = fault
  if (fault.html !== undefined) {
    return { status, headers: { 'Content-Type': 'text/html', ...headers }, body: Buffer.from(fault.html) }
  }
  if (fault.text !== undefined) return { status, headers, body: Buffer.from(fault.text) }
  if (fault.body !== undefined) return { status, headers, body: Buffer.from(JSON.stringify(fault.body)) }
  const [code, message] = reasonOf(status, setting.perWindow)
  return { ...errorAnswer(status, code, message, setting.requestId), headers }
}

/** The real answer, changed by the fault. */
export function spoiledAnswer(fault: Fault, real: Answer, setting: FaultSetting): Answer {
  const led = fault.cursor === undefined ? real.body : misled(real.body, fault.cursor, setting)
  const body = fault.truncate === undefined ? led : led.subarray(0, fault.truncate)
  return { ...real, headers: { ...real.headers, ...fault.headers }, body }
}

/** Another cursor to the same place. */
function newer(text: string | undefined): string | undefined {
  const cursor = text === undefined ? undefined : decodeCursor(text)
  return cursor && encodeCursor({ ...cursor, page: cursor.page + 1 }, isOpaqueCursor(text ?? ''))
}

/** The page with a cursor that leads to a place where the client has been before. */
function misled(page: Buffer, where: NonNullable<Fault['cursor']>, setting: FaultSetting): Buffer {
  const cursor = { same: setting.cursor, previous: setting.previousCursor, endless: newer(setting.cursor) }[where]
  if (cursor === undefined) return page
  const span = findSpan(page, 'pages')
  if (span === undefined) return page
  const pages = JSON.parse(page.toString('utf8', span.start, span.end)) as { page: number }
  const next = { page: pages.page + 1, starting_after: cursor }
  return Buffer.concat([
    page.subarray(0, span.start),
    Buffer.from(JSON.stringify({ ...pages, next })),
    page.subarray(span.end),
  ])
}
