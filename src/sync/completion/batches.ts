import { type ListAnswer, scanList } from '../../intercom/answers/own-list.ts'
import { plainText } from '../../intercom/text/json-text.ts'
import { type ScannedAnswer, scanAnswer } from '../../intercom/text/record-scanner.ts'
import { joinedBody } from '../../intercom/text/record-text.ts'
import type { BatchTraits } from '../../streams/entries/stream-traits.ts'
import { EVERYTHING, type Row, readRow } from '../pages/search-pages.ts'
import { type ChildEndpoint, childShapeOf, type FoundChildren } from './ask-children.ts'
import { askPatiently } from './patience.ts'

/**
 * Asks for the children of several parents at a time: each child has its parent's id. A parent without the member that
 * is asked for has none.
 *
 * @returns the children of each parent that was asked for
 * @throws CodedError when the problem is not one parent alone: Intercom fails altogether, or refuses the endpoint
 */
export async function readBatches(
  endpoint: ChildEndpoint,
  batch: BatchTraits,
  page: ScannedAnswer,
  parents: readonly Row[],
): Promise<ReadonlyMap<Row, FoundChildren>> {
  const groups = new Map<string, Row[]>()
  for (const row of parents) {
    const key = keyOf(page, row, batch.by)
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), row])
  }
  const keys = [...groups.keys()]
  const found = new Map<Row, FoundChildren>()
  for (let from = 0; from < keys.length; from += batch.most)
    await askBatch(endpoint, batch, keys.slice(from, from + batch.most), (key, answer) => {
      for (const row of groups.get(key) ?? []) found.set(row, answer ? childrenOf(endpoint, answer, row) : 'unreadable')
    })
  return found
}

/** Where a whole batch cannot be read, its halves are, down to the one that is the cause. */
async function askBatch(
  endpoint: ChildEndpoint,
  batch: BatchTraits,
  keys: readonly string[],
  settle: (key: string, answer: ListAnswer | undefined) => void,
): Promise<void> {
  const { client, entry, version } = endpoint
  const { path } = entry
  const request = { method: 'POST' as const, path, body: { [batch.as]: keys }, version }
  const answer = await askPatiently(
    () => client.ask(request, ({ body }) => scanList(body, childShapeOf(entry), path)),
    endpoint,
  )
  if (answer !== 'unreadable' || keys.length === 1) {
    for (const key of keys) settle(key, answer === 'unreadable' ? undefined : answer)
    return
  }
  const half = Math.ceil(keys.length / 2)
  await askBatch(endpoint, batch, keys.slice(0, half), settle)
  await askBatch(endpoint, batch, keys.slice(half), settle)
}

function childrenOf({ entry }: ChildEndpoint, answer: ListAnswer, parent: Row): FoundChildren {
  const own = answer.records.filter((record) => readRow(answer.body, record, entry.path, EVERYTHING).id === parent.id)
  const body = joinedBody(
    own.map((record) => ({ answer, record })),
    entry.recordsPath,
  )
  return { answer: scanAnswer(body, childShapeOf(entry)), total: undefined }
}

/** The text of a parent's member; undefined when it has none. */
function keyOf({ body }: ScannedAnswer, { record }: Row, member: string): string | undefined {
  const span = record.members.get(member)
  const text = span ? body.toString('utf8', span.start, span.end) : 'null'
  return text === 'null' ? undefined : plainText(text)
}
