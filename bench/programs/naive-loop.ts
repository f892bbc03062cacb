/**
 * What anybody would write first: fetch a page, parse it, print each record as a message, ask for the next page; for
 * conversations also fetch each of them, ten at a time, and print its parts. It checks nothing, holds back nothing, and
 * keeps no state. Its arguments are Intercom's address, and `contacts` or `conversations`.
 */
const [address = '', stream = 'contacts'] = process.argv.slice(2)
const headers = {
  authorization: 'Bearer simulator-token',
  'intercom-version': '2.14',
  'content-type': 'application/json',
}

interface Page {
  data?: unknown[]
  conversations?: { id: string }[]
  pages: { next?: { starting_after?: string } | null }
}

interface Conversation {
  conversation_parts: { conversation_parts: unknown[] }
}

function print(name: string, records: readonly unknown[]): void {
  for (const data of records) {
    const message = { type: 'RECORD', record: { stream: name, emitted_at: Date.now(), data } }
    process.stdout.write(`${JSON.stringify(message)}\n`)
  }
}

async function printParts(id: string): Promise<void> {
  const answer = await fetch(`${address}/conversations/${id}`, { headers })
  const { conversation_parts } = JSON.parse(await answer.text()) as Conversation
  print('conversation_parts', conversation_parts.conversation_parts)
}

let cursor: string | undefined
do {
  const question = {
    query: { operator: 'AND', value: [{ field: 'updated_at', operator: '>', value: 0 }] },
    sort: { field: 'updated_at', order: 'ascending' },
    pagination: { per_page: 150, ...(cursor !== undefined && { starting_after: cursor }) },
  }
  const answer = await fetch(`${address}/${stream}/search`, { method: 'POST', headers, body: JSON.stringify(question) })
  const { data, conversations = [], pages } = JSON.parse(await answer.text()) as Page
  print(stream, data ?? conversations)
  for (let at = 0; at < conversations.length; at += 10)
    await Promise.all(conversations.slice(at, at + 10).map(({ id }) => printParts(id)))
  cursor = pages.next?.starting_after
} while (cursor !== undefined)
