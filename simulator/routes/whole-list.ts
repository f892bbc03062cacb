import type { RecordVersion } from '../records/record-version.ts'
import type { Answer } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { pageOfList } from './list-pages.ts'
import { listAnswer } from './record-list.ts'

/** An endpoint that gives a whole stream in one answer. @param extra the parameter that adds one more member */
export function wholeList(
  stream: string,
  path: string,
  head: string,
  { extra, rest, shows }: { extra?: string; rest?: string; shows?: (version: RecordVersion) => boolean } = {},
): (context: EndpointContext) => Answer {
  return (context) => {
    const { workspace, version, query } = context
    const isExtended = extra !== undefined && query[extra] === 'true'
    const { versions } = workspace.index(stream).sortedBy('id')
    const { shown, pages } = pageOfList(shows === undefined ? versions : versions.filter(shows), context, path)
    const texts = shown.map((record) => (isExtended ? record.extendedTextIn(version) : record.textIn(version)))
    return listAnswer(head, texts, pages === undefined ? rest : `,"pages":${JSON.stringify(pages)}`)
  }
}
