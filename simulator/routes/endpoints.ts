import type { Answer } from '../answer.ts'
import { jsonAnswer, RefusedRequest } from '../answer.ts'
import { compileQuery } from '../search/query.ts'
import { searchPage } from '../search/search-page.ts'
import { readPaging } from '../search/search-request.ts'
import type { Endpoint, EndpointContext } from './endpoint.ts'

const createdAt = 1_577_836_800

function answerMe({ options, workspace }: EndpointContext): Answer {
  if (options.hideTimezone) throw new RefusedRequest(403, 'forbidden', 'You do not have the required scope')
  return jsonAnswer({
    type: 'admin',
    id: '991267459',
    email: 'admin1@example.com',
    name: 'Ada Example',
    email_verified: true,
    app: {
      type: 'app',
      id_code: workspace.id,
      name: 'Example &amp; Sons',
      created_at: createdAt,
      secure: false,
      identity_verification: false,
      timezone: options.timezone,
      region: options.region,
    },
    avatar: { type: 'avatar', image_url: 'https://static.intercomassets.com/assets/default-avatars/admins/128.png' },
    has_inbox_seat: true,
  })
}

const admins = ['Ada Example', 'Björn Example'].map((name, place) => ({
  type: 'admin',
  email: `admin${place + 1}@example.com`,
  id: String(991_267_459 + place),
  name,
  away_mode_enabled: false,
  away_mode_reassign: false,
  has_inbox_seat: true,
  team_ids: [],
}))

function answerTags({ workspace }: EndpointContext): Answer {
  const { versions } = workspace.index('tags').sortedBy('id')
  const texts = versions.map((version) => version.text.toString())
  return { status: 200, body: Buffer.from(`{"type":"list","data":[${texts.join(',')}]}`), records: texts.length }
}

function answerContactSearch({ workspace, version, workspaceDays, body }: EndpointContext): Answer {
  const query = typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined
  const paging = readPaging(body, version)
  const predicate = compileQuery(query, { version, workspaceDays })
  const identity = `${version} ${JSON.stringify(query)}`
  return searchPage(workspace.index('contacts').search(identity, predicate, paging.sortField), paging)
}

/** What the API serves: a new stream adds its entries here. */
export const endpoints: readonly Endpoint[] = [
  { method: 'GET', path: '/me', answer: answerMe },
  { method: 'GET', path: '/admins', scope: 'read_admins', answer: () => jsonAnswer({ type: 'admin.list', admins }) },
  { method: 'GET', path: '/tags', scope: 'read_tags', answer: answerTags },
  { method: 'POST', path: '/contacts/search', scope: 'read_users', isSearch: true, answer: answerContactSearch },
]
