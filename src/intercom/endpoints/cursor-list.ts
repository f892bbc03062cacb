import { type ListAnswer, scanList } from '../answers/own-list.ts'
import type { IntercomClient } from '../client.ts'
import type { RecordShape } from '../text/record-scanner.ts'
import { type PagePlace, readNumberedPages } from './numbered-pages.ts'
import { nextPageQuery, pagesMember } from './paging.ts'

/** A list in pages by cursor, the last changed first. */
interface CursorList {
  path: string
  /** `Intercom-Version` to send. */
  version: string
  query: Readonly<Record<string, string>>
  /** `id` must be among the members. */
  shape: RecordShape
}

/** What such a list is asked for. @param lower nothing older is wanted, Unix seconds */
export function cursorQuery(
  { perPage, since }: { perPage: number; since: string },
  lower: number,
): Record<string, string> {
  // Whether the second itself is taken in is not documented: it is asked wider, and what comes is filtered.
  return { per_page: String(perPage), ...(lower > 0 && { [since]: String(lower - 1) }) }
}

/**
 * Reads such a list to its end. A cursor names the record at which its page ends, so records deleted meanwhile shift no
 * page. Records changed meanwhile go to the front, which has been read already, and come with the next sync.
 *
 * @throws CodedError `intercom_loop` when a page brings nothing new and says that there is more; what the client throws
 */
export async function* readCursorList(
  client: IntercomClient,
  { path, version, query, shape }: CursorList,
): AsyncGenerator<ListAnswer, void, void> {
  const ask = (place: PagePlace) =>
    client.ask({ method: 'GET', path, version, query: { ...query, ...place } }, ({ body }) => {
      const answer = scanList(body, shape, path)
      const keys = answer.records.map((record) => textOf(answer, record.members.get('id') ?? record))
      return { answer, keys, next: nextPageQuery(pagesMember(answer.envelope)) }
    })
  for await (const { answer } of readNumberedPages({ path, ask, emptyPage: 'nothing new', progress: 'new records' }))
    yield answer
}

function textOf({ body }: ListAnswer, { start, end }: { start: number; end: number }): string {
  return body.toString('utf8', start, end)
}
