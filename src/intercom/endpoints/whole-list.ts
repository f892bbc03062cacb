import { CodedError } from '../../errors.ts'
import { scanList } from '../answers/own-list.ts'
import type { IntercomClient } from '../client.ts'
import { type ListItem, memberTexts } from '../text/cut-list.ts'
import { type ScannedAnswer, scanAnswer } from '../text/record-scanner.ts'
import { readList } from './list-pages.ts'

/** The largest page that Intercom gives of a list with numbered pages. */
const LARGEST_PAGE = 60

/** A list with an endpoint of its own. */
interface ListEndpoint {
  path: string
  /** `Intercom-Version` to send. */
  version: string
  /** Whether it comes in numbered pages. */
  paged: boolean
}

export interface ItemList {
  items: ListItem[]
  /** How many Intercom says there are. */
  total: number | undefined
}

/** Reads a list to its end. @throws what `readList` throws */
export async function readWholeList(client: IntercomClient, { path, version, paged }: ListEndpoint): Promise<ItemList> {
  const read = (body: Buffer) => readItems(body, path)
  const { items, total } = await readList(client, {
    path,
    version,
    read,
    isCompared: true,
    ...(paged && { perPage: LARGEST_PAGE }),
  })
  return { items: items.map(({ answer, record }) => memberTexts(answer.body, record)), total }
}

function readItems(body: Buffer, path: string): ScannedAnswer {
  // In Intercom's document the list of companies is called `companies` in one place and `data` in another.
  const otherName = path.split('/').at(-1) ?? ''
  const members = ['id']
  const isNamed = scanAnswer(body, { recordsPath: ['data'], members }).records !== undefined
  const answer = scanList(body, { recordsPath: [isNamed ? 'data' : otherName], members }, path)
  if (answer.records.every(({ members: found }) => found.has('id'))) return answer
  throw new CodedError('intercom_protocol', `Intercom's answer to ${path} holds an item without an id`)
}
