import type { Answer } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { pageAnswer, readPage } from './page-numbers.ts'
import { inPageOrder } from './page-order.ts'

const defaultPerPage = 25
const mostPerPage = 250

/** An endpoint that gives a stream in pages by number: what changed last comes first. */
export function numberedList(stream: string, path: string): (context: EndpointContext) => Answer {
  return (context) => {
    const { workspace, query, version } = context
    const paging = readPage(query, defaultPerPage, mostPerPage)
    const { versions } = workspace.index(stream).sortedBy('updated_at')
    const records = inPageOrder(versions.toReversed(), 'updated_at', context)
    return pageAnswer(path, paging, records, (record) => record.textIn(version))
  }
}
