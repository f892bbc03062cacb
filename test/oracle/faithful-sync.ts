import type { ListeningSimulator } from '../support/listening-simulator.ts'
import { wholeLog } from '../support/oracle-logs.ts'

type Data = Record<string, unknown>
type Read = ListeningSimulator['read']

/** The texts of the records a sync must deliver, by stream. */
export type Delivered = Map<string, string[]>

const flat: [stream: string, path: string, key: string][] = [
  ['tags', '/tags', 'data'],
  ['admins', '/admins', 'admins'],
  ['teams', '/teams', 'teams'],
  ['segments', '/segments', 'segments'],
  ['contact_attributes', '/data_attributes?model=contact', 'data'],
  ['company_attributes', '/data_attributes?model=company', 'data'],
]

/**
 * Reads everything the plain way and writes it as a sync must: for workspaces without hostile texts, where parsing a
 * record and writing it again changes nothing.
 */
export async function readFaithfully({ read }: { read: Read }, version = '2.16'): Promise<Delivered> {
  const delivered: Delivered = new Map()
  for (const [stream, path, key] of flat) {
    const body = await read<Record<string, Data[]>>(path, { version })
    const keepsId = stream.endsWith('_attributes')
    delivered.set(
      stream,
      (body[key] ?? []).map((record) => JSON.stringify(keepsId ? record : withTextId(record))),
    )
  }
  const contacts = await walk(read, '/contacts/search', 'data', '2.17')
  delivered.set(
    'contacts',
    contacts.map((contact) => JSON.stringify({ ...contact, owner_id: textOrNull(contact.owner_id) })),
  )
  const conversations = await walk(read, '/conversations/search', 'conversations', version)
  delivered.set(
    'conversations',
    conversations.map((conversation) => JSON.stringify(withNumericAssignees(conversation))),
  )
  delivered.set('conversation_parts', await readParts(read, conversations, version))
  const companies = await scroll(read, version)
  delivered.set(
    'companies',
    companies.map((company) => JSON.stringify(company)),
  )
  delivered.set('company_segments', await readMemberships(read, companies, version))
  return delivered
}

/** The log of a sync that delivers these records. */
export const logOf = (delivered: Delivered): string[] =>
  [...delivered].flatMap(([stream, records]) => wholeLog(records, stream))

const withTextId = (record: Data): Data => ({ ...record, id: String(record.id) })
const textOrNull = (value: unknown): string | null => (value === null ? null : String(value))

const withNumericAssignees = (conversation: Data): Data => ({
  ...conversation,
  admin_assignee_id: conversation.admin_assignee_id === null ? null : Number(conversation.admin_assignee_id),
  team_assignee_id: conversation.team_assignee_id === null ? null : Number(conversation.team_assignee_id),
})

async function walk(read: Read, path: string, key: string, version: string): Promise<Data[]> {
  const records: Data[] = []
  let after: string | undefined
  do {
    const body = {
      query: { field: 'updated_at', operator: '>', value: 0 },
      sort: { field: 'updated_at', order: 'ascending' },
      pagination: { per_page: 150, starting_after: after },
    }
    const page = await read<Data & { pages: { next?: { starting_after: string } } }>(path, { body, version })
    records.push(...(page[key] as Data[]))
    after = page.pages.next?.starting_after
  } while (after !== undefined)
  return records
}

async function scroll(read: Read, version: string): Promise<Data[]> {
  const companies: Data[] = []
  let path = '/companies/scroll'
  for (;;) {
    const page = await read<{ data: Data[]; scroll_param: string }>(path, { version })
    if (page.data.length === 0) return companies
    companies.push(...page.data)
    path = `/companies/scroll?scroll_param=${page.scroll_param}`
  }
}

async function readParts(read: Read, conversations: Data[], version: string): Promise<string[]> {
  const texts: string[] = []
  for (const { id, updated_at: updatedAt } of conversations) {
    const { conversation_parts: list } = await read<{ conversation_parts: { conversation_parts: Data[] } }>(
      `/conversations/${id}`,
      { version },
    ).catch(() => ({ conversation_parts: { conversation_parts: [] } }))
    for (const part of list.conversation_parts) {
      texts.push(JSON.stringify({ conversation_id: id, parent_updated_at: updatedAt, ...withTextId(part) }))
    }
  }
  return texts
}

async function readMemberships(read: Read, companies: Data[], version: string): Promise<string[]> {
  const texts: string[] = []
  for (const { id, updated_at: updatedAt } of companies) {
    const { data } = await read<{ data: Data[] }>(`/companies/${id}/segments`, { version }).catch(() => ({ data: [] }))
    for (const segment of data) {
      texts.push(JSON.stringify({ parent_updated_at: updatedAt, company_id: id, ...segment }))
    }
  }
  return texts
}
