import type { Answer } from '../answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { pageAnswer, readPage } from './page-numbers.ts'
import { inPageOrder } from './page-order.ts'

const defaultPerPage = 25
const mostPerPage = 250

/** `GET /articles`: those that changed last come first. */
export function answerArticles(context: EndpointContext): Answer {
  const { workspace, query, version } = context
  const paging = readPage(query, defaultPerPage, mostPerPage)
  const { versions } = workspace.index('articles').sortedBy('updated_at')
  const articles = inPageOrder(versions.toReversed(), 'updated_at', context)
  return pageAnswer('/articles', paging, articles, (article) => article.textIn(version))
}
