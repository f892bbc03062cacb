import type { Answer } from '../answer.ts'
import type { RecordVersion } from '../records/record-version.ts'
import type { EndpointContext } from './endpoint.ts'

const comma = Buffer.from(',')

/** Texts with commas between them. */
export function joined(texts: Iterable<Buffer>): Buffer[] {
  const parts: Buffer[] = []
  for (const text of texts) parts.push(text, comma)
  parts.pop()
  return parts
}

/** A list whose records keep their own bytes. @param rest members after the records, as JSON text */
export function listAnswer(head: string, texts: readonly Buffer[], rest = ''): Answer {
  const body = Buffer.concat([Buffer.from(`{${head}:[`), ...joined(texts), Buffer.from(`]${rest}}`)])
  return { status: 200, body, records: texts.length }
}

/** An endpoint that gives a whole stream in one answer. @param extra the parameter that brings one member more */
export function wholeList(
  stream: string,
  head: string,
  { extra, rest, shows }: { extra?: string; rest?: string; shows?: (version: RecordVersion) => boolean } = {},
): (context: EndpointContext) => Answer {
  return ({ workspace, version, query }) => {
    const isExtended = extra !== undefined && query[extra] === 'true'
    const { versions } = workspace.index(stream).sortedBy('id')
    const texts = (shows === undefined ? versions : versions.filter(shows)).map((record) =>
      isExtended ? record.extendedTextIn(version) : record.textIn(version),
    )
    return listAnswer(head, texts, rest)
  }
}
