import type { Answer } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { flatPageAnswer, pageAnswer, readPage } from './page-numbers.ts'
import { inPageOrder } from './page-order.ts'

/** What is particular to one list. */
interface NumberedTraits {
  /** Records on a page. @defaultValue 25 */
  perPage?: number
  /** Larger pages are refused. @defaultValue 250 */
  mostPerPage?: number
  /** How many pages there are stands beside the records, and nothing leads to the next one. @defaultValue in `pages` */
  isFlat?: true
}

/** An endpoint that gives a stream in pages by number: what changed last comes first. */
export function numberedList(
  stream: string,
  path: string,
  { perPage = 25, mostPerPage = 250, isFlat }: NumberedTraits = {},
): (context: EndpointContext) => Answer {
  const answer = isFlat ? flatPageAnswer : pageAnswer
  return (context) => {
    const { workspace, query, version } = context
    const paging = readPage(query, perPage, mostPerPage)
    const { versions } = workspace.index(stream).sortedBy('updated_at')
    const records = inPageOrder(versions.toReversed(), 'updated_at', context)
    return answer(path, paging, records, (record) => record.textIn(version))
  }
}
