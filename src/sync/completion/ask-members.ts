import { scanList } from '../../intercom/answers/own-list.ts'
import type { IntercomClient } from '../../intercom/client.ts'
import { type PagePlace, readNumberedPages } from '../../intercom/endpoints/numbered-pages.ts'
import { nextCursor } from '../../intercom/endpoints/paging.ts'
import { LARGEST_PAGE } from '../../intercom/endpoints/search-query.ts'
import { type RecordShape, type ScannedAnswer, scanAnswer } from '../../intercom/text/record-scanner.ts'
import type { ChildTraits } from '../../streams/entries/stream-traits.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { mayBeOfRecords } from '../pages/narrowing.ts'
import { createPageSize } from '../pages/page-size.ts'
import { EVERYTHING, FEW_TRIES, readRow } from '../pages/search-pages.ts'

/** Where members are asked for. */
interface MemberEndpoint {
  client: IntercomClient
  entry: StreamEntry
  /** `Intercom-Version` to send. */
  version: string
}

/**
 * All that a search finds by the parent's id, each as a record that holds its id alone. They come in the order of their
 * creation, which nothing moves. A page that times out is asked for in smaller ones, as in every search.
 *
 * @param shape what is read of these records
 * @throws CodedError `intercom_loop`; what the client throws
 */
export async function askMembers(
  { client, entry, version }: MemberEndpoint,
  { field, idAs }: NonNullable<ChildTraits['members']>,
  parentId: string,
  shape: RecordShape,
): Promise<{ answer: ScannedAnswer; total: number | undefined }> {
  const { path, recordsPath } = entry
  const query = { field, operator: '=', value: parentId }
  const sort = { field: 'created_at', order: 'ascending' }
  const askPage = (place: PagePlace, perPage: number) => {
    const body = { query, sort, pagination: { per_page: perPage, ...place } }
    const tries = perPage > 1 && { tries: FEW_TRIES }
    return client.ask({ method: 'POST', path, body, version, ...tries }, (answered) => {
      const answer = scanList(answered.body, { recordsPath, members: ['id'] }, path)
      const keys = answer.records.map((record) => readRow(answer.body, record, path, EVERYTHING).id)
      const cursor = nextCursor(answer.envelope('pages'))
      return {
        keys,
        total: answer.envelope('total_count'),
        next: cursor === undefined ? undefined : { starting_after: cursor },
      }
    })
  }
  const size = createPageSize(LARGEST_PAGE, 'largest')
  const ask = async (place: PagePlace) => {
    for (;;) {
      try {
        const page = await askPage(place, size.current())
        size.grow()
        return page
      } catch (error) {
        if (!mayBeOfRecords(error) || !size.shrink()) throw error
      }
    }
  }
  const ids = new Set<string>()
  let total: number | undefined
  for await (const page of readNumberedPages({ path, ask, emptyPage: 'nothing new', progress: 'new records' })) {
    for (const id of page.keys) ids.add(id)
    if (typeof page.total === 'number') total = page.total
  }
  const records = [...ids].map((id) => ({ [idAs]: id }))
  const body = Buffer.from(
    JSON.stringify(recordsPath.reduceRight<unknown>((inner, key) => ({ [key]: inner }), records)),
  )
  return { answer: scanAnswer(body, shape), total }
}
