import { referenceLists } from '../records/references/reference-lists.ts'
import { answerActivityLogSearch, answerActivityLogs } from './activity-logs.ts'
import { answerDataAttributes } from './attributes.ts'
import {
  answerCompaniesByFilter,
  answerCompany,
  answerCompanyList,
  answerCompanyNotes,
  answerCompanyScroll,
  answerCompanySearch,
  answerCompanySegments,
} from './companies.ts'
import { answerContact } from './contact.ts'
import {
  answerContactCompanies,
  answerContactNotes,
  answerContactSegments,
  answerContactSubscriptions,
  answerContactTags,
} from './contact-lists.ts'
import { answerContactSearch } from './contact-search.ts'
import { answerArticle, answerCallSearch, answerEvents, answerMacros } from './content.ts'
import { answerConversation, answerConversationSearch } from './conversations.ts'
import { answerContactActivities, answerDeletedContacts, answerDeletedConversations } from './deletes.ts'
import type { Endpoint } from './endpoint.ts'
import { answerMe } from './me.ts'
import { numberedList } from './numbered-list.ts'
import { referenceAnswer } from './reference-lists.ts'
import { answerTicket, answerTicketSearch } from './tickets.ts'
import { wholeList } from './whole-list.ts'

type Row = [request: string, scope: string, answer: Endpoint['answer'], traits?: Pick<Endpoint, 'isSearch' | 'since'>]

const search = { isSearch: true }

/** The endpoints of the API, with the scope that each needs: a new stream adds its rows here. */
const rows: readonly Row[] = [
  [
    'GET /admins',
    'read_admins',
    wholeList('admins', '/admins', '"type":"admin.list","admins"', { extra: 'display_avatar' }),
  ],
  ['GET /admins/activity_logs', 'read_admin_activity_logs', answerActivityLogs],
  [
    'POST /admins/activity_logs/search',
    'read_admin_activity_logs',
    answerActivityLogSearch,
    { ...search, since: '2.16' },
  ],
  ['GET /articles', 'read_articles', numberedList('articles', '/articles')],
  [
    'GET /help_center/collections',
    'read_articles',
    numberedList('collections', '/help_center/collections', { perPage: 20 }),
  ],
  [
    'GET /internal_articles',
    'read_articles',
    numberedList('internal_articles', '/internal_articles', { mostPerPage: 25 }),
    { since: '2.13' },
  ],
  [
    'GET /news/news_items',
    'read_news',
    numberedList('news_items', '/news/news_items', { perPage: 10, mostPerPage: 20 }),
  ],
  ['GET /macros', 'read_macros', answerMacros, { since: '2.16' }],
  [
    'GET /content_snippets',
    'read_write_content_snippets',
    numberedList('content_snippets', '/content_snippets', { perPage: 50, mostPerPage: 50, isFlat: true }),
    { since: '2.16' },
  ],
  ['GET /articles/:id', 'read_articles', answerArticle],
  ['GET /events', 'read_events', answerEvents],
  ['POST /calls/search', 'read_conversations', answerCallSearch, { since: '2.14' }],
  ['GET /calls', 'read_conversations', numberedList('calls', '/calls', { mostPerPage: 25 }), { since: '2.14' }],
  ['GET /teams', 'read_admins', wholeList('teams', '/teams', '"type":"team.list","teams"')],
  ['GET /tags', 'read_tags', wholeList('tags', '/tags', '"type":"list","data"')],
  [
    'GET /segments',
    'read_users',
    wholeList('segments', '/segments', '"type":"segment.list","segments"', {
      extra: 'include_count',
      rest: ',"pages":{}',
    }),
  ],
  ['GET /data_attributes', 'read_users', answerDataAttributes],
  ['POST /contacts/search', 'read_users', answerContactSearch, search],
  ['GET /contacts/deleted', 'read_users', answerDeletedContacts, { since: '2.17' }],
  ['GET /contacts/activities', 'read_users', answerContactActivities, { since: '2.17' }],
  ['GET /conversations/deleted', 'read_conversations', answerDeletedConversations, { since: '2.16' }],
  ['GET /contacts/:id', 'read_users', answerContact],
  ['GET /contacts/:id/tags', 'read_tags', answerContactTags],
  ['GET /contacts/:id/notes', 'read_users', answerContactNotes],
  ['GET /contacts/:id/companies', 'read_users', answerContactCompanies],
  ['GET /contacts/:id/subscriptions', 'read_users', answerContactSubscriptions],
  ['GET /contacts/:id/segments', 'read_users', answerContactSegments],
  ['GET /companies', 'read_users', answerCompaniesByFilter],
  ['GET /companies/scroll', 'read_users', answerCompanyScroll],
  ['POST /companies/list', 'read_users', answerCompanyList, search],
  ['POST /companies/search', 'read_users', answerCompanySearch, { ...search, since: '2.17' }],
  ['GET /companies/:id', 'read_users', answerCompany],
  ['GET /companies/:id/notes', 'read_users', answerCompanyNotes, { since: '2.15' }],
  ['GET /companies/:id/segments', 'read_users', answerCompanySegments],
  ['POST /conversations/search', 'read_conversations', answerConversationSearch, search],
  ['GET /conversations/:id', 'read_conversations', answerConversation],
  ['POST /tickets/search', 'read_tickets', answerTicketSearch, { ...search, since: '2.10' }],
  ['GET /tickets/:id', 'read_tickets', answerTicket, { since: '2.9' }],
  ...referenceLists.map((list): Row => {
    return [
      `GET ${list.path}`,
      list.scope,
      referenceAnswer(list),
      list.since === undefined ? {} : { since: list.since },
    ]
  }),
]

export const endpoints: readonly Endpoint[] = [
  { method: 'GET', path: '/me', answer: answerMe },
  ...rows.map(([request, scope, answer, traits]): Endpoint => {
    const [method, path = ''] = request.split(' ')
    return { method: method === 'POST' ? 'POST' : 'GET', path, scope, answer, ...traits }
  }),
]
