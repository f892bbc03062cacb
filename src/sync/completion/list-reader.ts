import { defaultApiVersion } from '../../airbyte/source-config.ts'
import { CodedError } from '../../errors.ts'
import { RefusedError } from '../../intercom/answers/failures.ts'
import { askConfirmed } from '../../intercom/endpoints/confirmed.ts'
import { type ItemList, readWholeList } from '../../intercom/endpoints/whole-list.ts'
import { readWorkspace } from '../../intercom/endpoints/workspace.ts'
import { type CutList, completeList, countShown, findCutList, type ListItem } from '../../intercom/text/cut-list.ts'
import type { TextEdit } from '../../intercom/text/record-text.ts'
import type { CutListTraits } from '../../streams/cut-lists.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { inOrder } from '../concurrency/in-order.ts'
import type { LogEntry, WalkContext } from '../contract/walk.ts'
import type { Row, SearchPage } from '../pages/search-pages.ts'
import { askPatiently, createDoubts, MOST_ANSWERS } from './ask-patiently.ts'

/** What a record's cut lists have come to. */
export interface FoundLists {
  /** The edits that make them whole. */
  edits: readonly TextEdit[]
  /** One of them at least cannot be had, and stays as it stands in the record. */
  isPartial: boolean
}

/** Completes the lists that Intercom's search cuts at ten items. */
export interface ListReader {
  /**
   * What the lists of a page's wanted records have come to, by record; those left as they are have none.
   *
   * @throws CodedError when it is not single records that Intercom fails over
   */
  complete(
    page: Pick<SearchPage, 'answer' | 'rows'>,
    isWanted: (row: Row) => boolean,
  ): Promise<ReadonlyMap<Row, FoundLists>>
  /** What there is to say since it was last asked. */
  takeNotes(): LogEntry[]
}

/** Records of one lane whose lists are read at a time. */
const RECORDS_AT_ONCE = 5
/** When the lists of so many records in a row cannot be had, it is not the records. */
const MOST_UNREADABLE_IN_A_ROW = 20

/** A cut list, and what is known of its kind. */
interface Cut {
  traits: CutListTraits
  list: CutList
}

const NOTHING: ReadonlyMap<Row, FoundLists> = new Map()

export function createListReader(
  entry: StreamEntry,
  { client, config, ports: { clock, signal } }: Pick<WalkContext, 'client' | 'config' | 'ports'>,
): ListReader {
  const kinds = entry.search?.cutLists ?? []
  const version = config.api_version ?? defaultApiVersion
  const setting = { client, version, clock, signal }
  const doubts = createDoubts()
  let unreadableInARow = 0
  /** Paths that the token may not read: each is asked no more. */
  const refused = new Set<string>()
  let notes: LogEntry[] = []

  function cutsOf(body: Buffer, { record }: Row): Cut[] {
    return kinds.flatMap((traits) => {
      const span = record.members.get(traits.member)
      const list = span && findCutList(body, span)
      return list ? [{ traits, list }] : []
    })
  }

  async function completeRecord(body: Buffer, row: Row, cuts: readonly Cut[]): Promise<FoundLists> {
    const paths = [...new Set(cuts.map(({ traits }) => traits.path))]
    const unreadable: string[] = []
    const edits = await Promise.all(
      paths.map(async (path) => {
        const sharing = cuts.filter(({ traits }) => traits.path === path)
        const items = await askCredibly(body, row, path, sharing)
        if (items === 'unreadable') unreadable.push(...sharing.map(({ traits }) => traits.member))
        if (items === 'unreadable' || !items) return []
        return sharing.flatMap(({ traits, list }) => completeList(body, list, ownItems(items, traits)))
      }),
    )
    const isPartial = unreadable.length > 0
    if (isPartial) {
      const message =
        `${entry.name}: Intercom keeps failing over lists of ${row.id} (${unreadable.join(', ')}): ` +
        'it is delivered with them as they stand, and comes again, whole, with the next sync'
      notes.push({ level: 'WARN', message })
    }
    return { edits: edits.flat(), isPartial }
  }

  /** @throws CodedError when so many fail that it is not their own fault */
  function count({ isPartial }: FoundLists): void {
    unreadableInARow = isPartial ? unreadableInARow + 1 : 0
    if (unreadableInARow > MOST_UNREADABLE_IN_A_ROW)
      throw new CodedError('intercom_unavailable', `Intercom keeps failing over the lists of all ${entry.name}`)
  }

  /** All items of the lists that share a path; what has fewer than the record or Intercom's count says is asked again. */
  async function askCredibly(
    body: Buffer,
    row: Row,
    path: string,
    cuts: readonly Cut[],
  ): Promise<readonly ListItem[] | 'unreadable' | undefined> {
    let fullest: readonly ListItem[] = []
    for (let answers = 1; ; answers++) {
      const found = await askPatiently(() => askItems(path, row.id), setting)
      if (found === 'unreadable' || !found) return found
      const { items, total = 0 } = found
      if (items.length >= fullest.length) fullest = items
      const contradictions = cuts.flatMap(({ traits, list }) => {
        const shown = countShown(body, list)
        const { length } = ownItems(items, traits)
        return length < shown ? [`${traits.member}: ${length} of at least ${shown}`] : []
      })
      if (items.length < total) contradictions.push(`${path}: ${items.length} of ${total}`)
      if (contradictions.length === 0) {
        if (answers > 1) doubts.paid()
        return items
      }
      if (answers < MOST_ANSWERS && !doubts.areIdle()) continue
      doubts.wasted()
      // It may really have changed meanwhile.
      const message =
        `${entry.name}: lists of ${row.id} came with fewer items than Intercom counts (${contradictions.join('; ')}), ` +
        `${answers} times, and are delivered so; the next change of the record brings them again`
      notes.push({ level: 'WARN', message })
      return fullest
    }
  }

  /**
   * All items there are; undefined when Intercom says, and says again, that the record has been deleted meanwhile, or that
   * the token may not read them.
   */
  async function askItems(template: string, id: string): Promise<ItemList | undefined> {
    if (refused.has(template)) return undefined
    const path = template.replace('{id}', encodeURIComponent(id))
    const paged = kinds.some((kind) => kind.path === template && kind.paged)
    const ask = () => readWholeList(client, { path, version, paged })
    try {
      return await askConfirmed(ask, ({ gone, unauthorized }) => gone || unauthorized, setting)
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      if (error.gone) return undefined
      if (!error.unauthorized) throw error
      // A token that has been revoked meanwhile is no matter of one list's permission.
      await readWorkspace(client, version)
      noteRefusal(template, error)
      return undefined
    }
  }

  function noteRefusal(path: string, { failure }: RefusedError): void {
    if (refused.has(path)) return
    refused.add(path)
    const sharing = kinds.filter((kind) => kind.path === path)
    const members = sharing.map(({ member }) => member)
    const scopes = [...new Set(sharing.map(({ scope }) => `"${scope}"`))]
    const message =
      `${entry.name}: the access token may not read ${path} (${failure.status}: ${failure.detail}): lists of ` +
      `${members.join(' and ')} that Intercom has cut stay cut, with has_more. Add the permission ${scopes.join()} to the ` +
      "app in Intercom's Developer Hub and reset the stream."
    notes.push({ level: 'WARN', message })
  }

  return {
    async complete({ answer, rows }, isWanted) {
      if (kinds.length === 0) return NOTHING
      const { body } = answer
      const cut = rows.flatMap((row) => {
        const cuts = cutsOf(body, row)
        return cuts.length > 0 && isWanted(row) ? [{ row, cuts }] : []
      })
      const lists = new Map<Row, FoundLists>()
      const work = async ({ row, cuts }: (typeof cut)[number]) => [row, await completeRecord(body, row, cuts)] as const
      for await (const [row, found] of inOrder(cut, RECORDS_AT_ONCE, work)) {
        count(found)
        lists.set(row, found)
      }
      return lists
    },
    takeNotes() {
      const taken = notes
      notes = []
      return taken
    },
  }
}

/** The items that belong to one of the lists that share a path. */
function ownItems(items: readonly ListItem[], { only }: CutListTraits): readonly ListItem[] {
  return only ? items.filter((item) => item.get(only.member) === JSON.stringify(only.value)) : items
}
