import { defaultApiVersion } from '../../airbyte/source-config.ts'
import { asOneAnswer, readShapedList } from '../../intercom/endpoints/list-pages.ts'
import { type StreamEntry, sourcesOf } from '../../streams/table.ts'
import { listPlaceOf } from '../../streams/versions.ts'
import { isComplete } from '../state/search-state.ts'
import { countRows } from '../streams/derived-rows.ts'
import type { SharedWalk } from '../walks/create-walks.ts'
import { snapshotSources } from '../walks/snapshot-walk.ts'
import { countingRequests, type EstimateContext } from './context.ts'
import { counted, type Figure, type StreamFigures, sumOf } from './figures.ts'

/** A list that has been read. */
interface CountedList {
  source: StreamEntry
  /** The texts of its records. */
  records: readonly Buffer[]
  requests: Figure
}

/** What streams hold that one request answers whole. To count it is to read it. */
export async function estimateSnapshot({ streams }: SharedWalk, context: EstimateContext): Promise<StreamFigures[]> {
  const isFinished = isComplete(streams[0].state)
  const lists = isFinished ? [] : await Promise.all(snapshotSources(streams).map((source) => readList(source, context)))
  const unpaid = new Set(lists)
  return streams.map(({ entry }) => {
    const sources = sourcesOf(entry)
    const needed = lists.filter(({ source }) => sources.includes(source))
    const paid = needed.filter((list) => unpaid.delete(list))
    const { derived } = entry
    const counts = needed.flatMap(({ records }) => records.map((text) => (derived ? countRows(derived, text) : 1)))
    return {
      streamName: entry.name,
      rows: sumOf(counts.map(counted)),
      requests: sumOf(paid.map(({ requests }) => requests)),
      notes: [],
    }
  })
}

async function readList(source: StreamEntry, { config, client }: EstimateContext): Promise<CountedList> {
  const counting = countingRequests(client)
  const version = config.api_version ?? defaultApiVersion
  const { recordsPath, textsAs } = source
  const shape = { recordsPath, textsAs, members: ['id'] }
  const { body, records = [] } = asOneAnswer(
    await readShapedList(counting.client, { ...listPlaceOf(source, version), version, shape }),
    shape,
  )
  const texts = records.map(({ start, end }) => body.subarray(start, end))
  return { source, records: texts, requests: counted(counting.made()) }
}
