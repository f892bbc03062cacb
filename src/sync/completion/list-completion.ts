import { defaultApiVersion } from '../../airbyte/source-config.ts'
import { CodedError } from '../../errors.ts'
import { completeList, findCutList } from '../../intercom/text/cut-list.ts'
import type { TextEdit } from '../../intercom/text/record-text.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { inOrder } from '../concurrency/in-order.ts'
import type { WalkContext, WalkLogLine } from '../contract/walk.ts'
import type { Row, SearchPage } from '../pages/search-pages.ts'
import { askCredibly, type Cut, type ListAsking, ownItems } from './ask-lists.ts'
import { createRecheckLimit } from './patience.ts'

/** The result of reading a record's cut lists. */
export interface FoundLists {
  /** The edits that make the lists whole. */
  edits: readonly TextEdit[]
  /** At least one of the lists cannot be read, and stays as it is in the record. */
  isPartial: boolean
}

/** Completes the lists that Intercom's search cuts at ten items. */
interface ListCompletion {
  /**
   * Finds the edits that complete the wanted lists of a page's records, where they are cut. A record whose lists need no
   * edit has no entry.
   *
   * @throws CodedError when Intercom fails over so many records that the records cannot be the cause
   */
  complete(
    page: Pick<SearchPage, 'answer' | 'rows'>,
    isWanted: (row: Row, member: string) => boolean,
  ): Promise<ReadonlyMap<Row, FoundLists>>
  /** The log entries since the last call. */
  takeNotes(): WalkLogLine[]
  /** Records that Intercom has said, twice, to be gone, since the last call. */
  takeGone(): string[]
}

/** So many records of one lane have their lists read at the same time. */
const RECORDS_AT_ONCE = 50
/** If the lists of so many records in a row cannot be read, the records are not the cause. */
const MOST_UNREADABLE_IN_A_ROW = 20

const NOTHING: ReadonlyMap<Row, FoundLists> = new Map()
const NO_CUTS: readonly Cut[] = []

export function createListCompletion(
  entry: StreamEntry,
  { client, config, ports: { clock, signal } }: Pick<WalkContext, 'client' | 'config' | 'ports'>,
): ListCompletion {
  const kinds = entry.search?.cutLists ?? []
  const version = config.api_version ?? defaultApiVersion
  const notes: WalkLogLine[] = []
  const gone: string[] = []
  const asking: ListAsking = {
    streamName: entry.name,
    kinds,
    setting: { client, version, clock, signal },
    recheckLimit: createRecheckLimit(),
    first: new Map(),
    refused: new Set(),
    warn: (message) => void notes.push({ level: 'WARN', message: `${entry.name}: ${message}` }),
    gone: (id) => void gone.push(id),
  }
  let unreadableInARow = 0

  /** @throws CodedError when so many fail that the records cannot be the cause */
  function count({ isPartial }: FoundLists): void {
    unreadableInARow = isPartial ? unreadableInARow + 1 : 0
    if (unreadableInARow > MOST_UNREADABLE_IN_A_ROW)
      throw new CodedError('intercom_unavailable', `Intercom keeps failing over the lists of all ${entry.name}`)
  }

  return {
    async complete({ answer, rows }, isWanted) {
      if (kinds.length === 0) return NOTHING
      const { body } = answer
      const cut: { row: Row; cuts: readonly Cut[] }[] = []
      for (const row of rows) {
        const cuts = cutsOf(asking, body, row).filter(({ traits }) => isWanted(row, traits.member))
        if (cuts.length > 0) cut.push({ row, cuts })
      }
      if (cut.length === 0) return NOTHING
      const lists = new Map<Row, FoundLists>()
      const work = async ({ row, cuts }: (typeof cut)[number]) =>
        [row, await completeRecord(asking, body, row, cuts)] as const
      for await (const [row, found] of inOrder(cut, RECORDS_AT_ONCE, work)) {
        count(found)
        lists.set(row, found)
      }
      return lists
    },
    takeNotes: () => notes.splice(0),
    takeGone: () => gone.splice(0),
  }
}

/** The lists that Intercom has cut in a record: of nearly every record none, and then nothing is made for it. */
function cutsOf({ kinds }: ListAsking, body: Buffer, { record }: Row): readonly Cut[] {
  if (!kinds.some(({ member }) => record.members.holdsTrue(member))) return NO_CUTS
  return kinds.flatMap((traits) => {
    const list = findCutList(body, record, traits.member)
    return list ? [{ traits, list }] : []
  })
}

async function completeRecord(asking: ListAsking, body: Buffer, row: Row, cuts: readonly Cut[]): Promise<FoundLists> {
  const paths = [...new Set(cuts.map(({ traits }) => traits.path))]
  const unreadable: string[] = []
  const edits = await Promise.all(
    paths.map(async (path) => {
      const sharing = cuts.filter(({ traits }) => traits.path === path)
      const items = await askCredibly(asking, body, row, path, sharing)
      if (items === 'unreadable') unreadable.push(...sharing.map(({ traits }) => traits.member))
      if (items === 'unreadable' || !items) return []
      return sharing.flatMap(({ traits, list }) => completeList(body, list, ownItems(items, traits)))
    }),
  )
  const isPartial = unreadable.length > 0
  if (isPartial)
    asking.warn(
      `Intercom keeps failing over lists of ${row.id} (${unreadable.join(', ')}): ` +
        'it is delivered with them as they stand, and comes again, whole, with the next sync',
    )
  return { edits: edits.flat(), isPartial }
}
