import { RefusedError } from '../../intercom/answers/failures.ts'
import { askConfirmed } from '../../intercom/endpoints/confirmed.ts'
import { type ItemList, readWholeList } from '../../intercom/endpoints/whole-list.ts'
import { readWorkspace } from '../../intercom/endpoints/workspace.ts'
import { type CutList, countShown, type ListItem } from '../../intercom/text/cut-list.ts'
import type { CutListTraits } from '../../streams/entries/cut-lists.ts'
import type { Row } from '../pages/search-pages.ts'
import { askPatiently, MOST_ANSWERS, type PatientSetting, type RecheckLimit } from './patience.ts'

/** A cut list, and what is known about lists of its kind. */
export interface Cut {
  traits: CutListTraits
  list: CutList
}

/** Everything needed to ask for the lists of one stream's records. */
export interface ListAsking {
  streamName: string
  kinds: readonly CutListTraits[]
  setting: PatientSetting
  recheckLimit: RecheckLimit
  /** The first request of each path. It shows whether the token may read the path, so the others wait for it. */
  first: Map<string, Promise<unknown>>
  /** Paths that the token may not read. They are not requested again. */
  refused: Set<string>
  warn: (message: string) => void
  /** Intercom has said twice that a record is gone. */
  gone: (id: string) => void
}

/**
 * All items of the lists that share a path. A list is requested again if it has fewer items than the record shows or
 * than Intercom counts.
 *
 * @returns undefined when the lists stay as they are: the record is gone, or the token may not read them
 */
export async function askCredibly(
  asking: ListAsking,
  body: Buffer,
  row: Row,
  path: string,
  cuts: readonly Cut[],
): Promise<readonly ListItem[] | 'unreadable' | undefined> {
  const { recheckLimit, setting, warn } = asking
  const ask = () => askPatiently(() => askItems(asking, path, row.id), setting)
  const found = await ask()
  if (found === 'unreadable' || !found) return found
  let contradictions = contradictionsOf(found, path, body, cuts)
  if (contradictions.length === 0) return found.items

  return recheckLimit.inTurn(async () => {
    let fullest = found.items
    let answers = 1
    while (answers < MOST_ANSWERS && !recheckLimit.isReached()) {
      const again = await ask()
      answers++
      if (again === 'unreadable' || !again) return again
      if (again.items.length >= fullest.length) fullest = again.items
      contradictions = contradictionsOf(again, path, body, cuts)
      if (contradictions.length > 0) continue
      recheckLimit.paid()
      return again.items
    }
    recheckLimit.wasted()
    // The list may really have changed meanwhile.
    warn(
      `lists of ${row.id} came with fewer items than Intercom counts (${contradictions.join('; ')}), ` +
        `${answers} times, and are delivered so; the next change of the record brings them again`,
    )
    return fullest
  })
}

/** Describes in words each list that came with fewer items than were shown or counted. */
function contradictionsOf({ items, total = 0 }: ItemList, path: string, body: Buffer, cuts: readonly Cut[]): string[] {
  const ofLists = cuts.flatMap(({ traits, list }) => {
    const shown = countShown(body, list)
    const { length } = ownItems(items, traits)
    return length < shown ? [`${traits.member}: ${length} of at least ${shown}`] : []
  })
  return items.length < total ? [...ofLists, `${path}: ${items.length} of ${total}`] : ofLists
}

/**
 * All items there are. Undefined when the token may not read them, or when Intercom says twice that the record has been
 * deleted meanwhile.
 */
async function askItems(asking: ListAsking, template: string, id: string): Promise<ItemList | undefined> {
  const first = asking.first.get(template)
  if (first) await first
  const asked = askReadable(asking, template, id)
  if (!first)
    asking.first.set(
      template,
      asked.catch(() => undefined),
    )
  return asked
}

async function askReadable(asking: ListAsking, template: string, id: string): Promise<ItemList | undefined> {
  const { kinds, refused, setting } = asking
  const { client, version } = setting
  if (refused.has(template)) return undefined
  const path = template.replace('{id}', encodeURIComponent(id))
  const paged = kinds.some((kind) => kind.path === template && kind.paged)
  const ask = () => readWholeList(client, { path, version, paged })
  try {
    return await askConfirmed(ask, ({ gone }) => gone, setting)
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    if (error.gone) {
      asking.gone(id)
      return undefined
    }
    if (!error.unauthorized) throw error
    // If the token has been revoked meanwhile, the permission for this list is not the cause.
    await readWorkspace(client, version)
    noteRefusal(asking, template, error)
    return undefined
  }
}

function noteRefusal({ kinds, refused, warn }: ListAsking, path: string, { failure }: RefusedError): void {
  if (refused.has(path)) return
  refused.add(path)
  const sharing = kinds.filter((kind) => kind.path === path)
  const members = sharing.map(({ member }) => member)
  const scopes = [...new Set(sharing.map(({ scope }) => `"${scope}"`))]
  warn(
    `the access token may not read ${path} (${failure.status}: ${failure.detail}): lists of ` +
      `${members.join(' and ')} that Intercom has cut stay cut, with has_more. Add the permission ${scopes.join()} to the ` +
      "app in Intercom's Developer Hub and reset the stream.",
  )
}

/** The items that belong to one of the lists that share a path. */
export function ownItems(items: readonly ListItem[], { only }: CutListTraits): readonly ListItem[] {
  return only ? items.filter((item) => item.get(only.member) === JSON.stringify(only.value)) : items
}
