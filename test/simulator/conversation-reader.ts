import { listenSimulator } from '../support/listening-simulator.ts'

/** A part as far as the tests look into it. */
export interface Part {
  id: unknown
  body: string | null
  part_type: string
  created_at: number
  updated_at: number
  redacted: boolean
  attachments: { url: string }[]
  author: { type: string }
  [member: string]: unknown
}

export interface Conversation {
  id: string
  created_at: number
  updated_at: number
  source: object | null
  statistics: { count_conversation_parts: number } | null
  [member: string]: unknown
}

export type WholeConversation = Conversation & {
  conversation_parts: { conversation_parts: Part[]; total_count: number }
}

interface Page {
  type: string
  conversations: Conversation[]
  total_count: number
  pages: { page: number; per_page: number; total_pages: number; next?: { starting_after: string } }
}

export const all = { field: 'updated_at', operator: '>', value: 0 }

/** A simulator with conversations, and ways to read them. */
export async function setUp(t: Parameters<typeof listenSimulator>[0], options = {}) {
  const simulator = await listenSimulator(t, { conversations: 60, longConversations: 0, oddities: false, ...options })
  const search = (body: object, version = '2.16'): Promise<Page> =>
    simulator.read('/conversations/search', { body, version })
  const whole = (id: string, version = '2.16'): Promise<WholeConversation> =>
    simulator.read(`/conversations/${id}`, { version })
  const everyOne = async (version?: string): Promise<Conversation[]> =>
    (await search({ query: all, pagination: { per_page: 150 } }, version)).conversations
  return { ...simulator, search, whole, everyOne }
}

/** Without what is signed with every read. */
export const unsigned = (value: object): unknown => JSON.parse(JSON.stringify(value).replace(/\?expires=[^"]*/g, ''))
