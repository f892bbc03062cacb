/**
 * What anybody would write first: fetch a page, parse it, print each record as a message, ask for the next page. It
 * checks nothing, holds back nothing, and keeps no state. Its first argument is Intercom's address.
 */
const address = process.argv[2] ?? ''
const headers = {
  authorization: 'Bearer simulator-token',
  'intercom-version': '2.14',
  'content-type': 'application/json',
}

interface Page {
  data: unknown[]
  pages: { next?: { starting_after?: string } | null }
}

let cursor: string | undefined
do {
  const question = {
    query: { operator: 'AND', value: [{ field: 'updated_at', operator: '>', value: 0 }] },
    sort: { field: 'updated_at', order: 'ascending' },
    pagination: { per_page: 150, ...(cursor !== undefined && { starting_after: cursor }) },
  }
  const answer = await fetch(`${address}/contacts/search`, { method: 'POST', headers, body: JSON.stringify(question) })
  const { data, pages } = JSON.parse(await answer.text()) as Page
  for (const record of data) {
    const message = { type: 'RECORD', record: { stream: 'contacts', emitted_at: Date.now(), data: record } }
    process.stdout.write(`${JSON.stringify(message)}\n`)
  }
  cursor = pages.next?.starting_after
} while (cursor !== undefined)
