import { defaultApiVersion } from '../../airbyte/source-config.ts'
import { scanList } from '../../intercom/answers/own-list.ts'
import { nextPageQuery } from '../../intercom/endpoints/paging.ts'
import { isComplete, readSearchState } from '../state/search-state.ts'
import type { SharedWalk } from '../walks/create-walks.ts'
import type { EstimateContext } from './context.ts'
import { counted, nothing, type StreamFigures, unknownFigure } from './figures.ts'

/** What a log by cursor will bring: its next page shows that, unless others follow, which nobody counts. One request. */
export async function estimateLog(
  { streams: [first] }: SharedWalk,
  { config, client }: EstimateContext,
): Promise<StreamFigures[]> {
  const { entry, state, configured } = first
  const { name, path, recordsPath, cursor, log } = entry
  if (isComplete(state)) return [{ streamName: name, rows: nothing, requests: nothing, notes: [] }]
  const previous = configured.sync_mode === 'incremental' && state ? readSearchState(state, cursor) : undefined
  const version = config.api_version ?? defaultApiVersion
  const query = { per_page: String(log?.perPage ?? 50), ...previous?.after }
  const { rows, goesOn } = await client.ask({ method: 'GET', path, version, query }, ({ body }) => {
    const answer = scanList(body, { recordsPath, members: ['id'] }, path)
    return { rows: answer.records.length, goesOn: nextPageQuery(answer.envelope('pages')) !== undefined }
  })
  if (!goesOn) {
    const isNew = Math.max(0, rows - (previous?.onPage?.length ?? 0))
    return [{ streamName: name, rows: counted(isNew), requests: counted(1), notes: [] }]
  }
  const notes = ['Intercom does not say how many events there are']
  return [{ streamName: name, rows: unknownFigure, requests: unknownFigure, notes }]
}
