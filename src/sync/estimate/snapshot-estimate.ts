import { defaultApiVersion } from '../../airbyte/source-config.ts'
import { readShapedList } from '../../intercom/endpoints/list-pages.ts'
import { placeOf } from '../../streams/versions.ts'
import { isComplete } from '../state/search-state.ts'
import type { SharedWalk } from '../walks/create-walks.ts'
import { countingRequests, type EstimateContext } from './context.ts'
import { counted, nothing, type StreamFigures } from './figures.ts'

/** What a stream holds that one request answers whole. To count it is to read it. */
export async function estimateSnapshot(
  { first }: SharedWalk,
  { config, client }: EstimateContext,
): Promise<StreamFigures[]> {
  const { name, recordsPath, textsAs } = first.entry
  if (isComplete(first.state)) return [{ streamName: name, rows: nothing, requests: nothing, notes: [] }]
  const counting = countingRequests(client)
  const version = config.api_version ?? defaultApiVersion
  const { items } = await readShapedList(counting.client, {
    ...placeOf(first.entry, version),
    version,
    shape: { recordsPath, textsAs, members: ['id'] },
  })
  return [{ streamName: name, rows: counted(items.length), requests: counted(counting.made()), notes: [] }]
}
