import { contactNotes } from '../records/below/contact-notes.ts'
import { isInSegment } from '../records/below/segment-members.ts'
import { type ContactList, contactListIds } from '../records/contact-lists.ts'
import { adminId } from '../records/people.ts'
import type { RecordVersion } from '../records/record-version.ts'
import { type Answer, jsonAnswer, RefusedRequest } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { pageAnswer, readPage } from './page-numbers.ts'
import { listAnswer } from './record-list.ts'

const defaultPerPage = 50
const mostPerPage = 60

/** @throws RefusedRequest 404 */
function contactOf({ workspace, params }: EndpointContext): RecordVersion {
  const contact = workspace.collection('contacts').find(params.id ?? '')
  if (contact === undefined) throw new RefusedRequest(404, 'not_found', 'User Not Found')
  return contact
}

const idsOf = (context: EndpointContext, name: ContactList): string[] =>
  contactListIds(name, contactOf(context).plan, context.workspace.setting)

/** Tags with their names, and who applied them. */
export function answerContactTags(context: EndpointContext): Answer {
  const { createdAt } = contactOf(context).plan
  const data = idsOf(context, 'tags').map((id) => ({
    type: 'tag',
    id,
    name: context.workspace.collection('tags').find(id)?.member('name') ?? `tag ${id}`,
    applied_at: createdAt,
    applied_by: { type: 'admin', id: adminId(0) },
  }))
  return jsonAnswer({ type: 'list', data })
}

export function answerContactNotes(context: EndpointContext): Answer {
  const contact = contactOf(context).plan
  const paging = readPage(context.query, defaultPerPage, mostPerPage)
  const notes = [...contactNotes(contact, context.workspace.setting).values()]
  return pageAnswer(`/contacts/${contact.id}/notes`, paging, notes, (text) => Buffer.from(text))
}

export function answerContactCompanies(context: EndpointContext): Answer {
  const { workspace, version } = context
  const paging = readPage(context.query, defaultPerPage, mostPerPage)
  const companies = idsOf(context, 'companies').map((id) => workspace.collection('companies').find(id))
  const path = `/contacts/${context.params.id}/companies`
  const known = companies.filter((company) => company !== undefined)
  return pageAnswer(path, paging, known, (company) => company.textIn(version))
}

/** Explicit choices only: unsubscribed from a type that is on for everybody, or subscribed to one that is off. */
export function answerContactSubscriptions(context: EndpointContext): Answer {
  const choices = (name: ContactList, consentType: string): object[] =>
    idsOf(context, name).map((id) => {
      const translation = { name: `Newsletter ${id}`, description: 'Monthly &amp; short', locale: 'en' }
      return {
        type: 'subscription',
        id,
        state: 'live',
        consent_type: consentType,
        default_translation: translation,
        translations: [translation],
        content_types: ['email'],
      }
    })
  const data = [
    ...choices('opted_out_subscription_types', 'opt_out'),
    ...choices('opted_in_subscription_types', 'opt_in'),
  ]
  return jsonAnswer({ type: 'list', data })
}

/** Only this endpoint says which segments a contact is in. */
export function answerContactSegments(context: EndpointContext): Answer {
  const contact = contactOf(context).plan
  const { versions } = context.workspace.index('segments').sortedBy('id')
  const segments = versions.filter(({ plan }) => isInSegment(contact, plan.index))
  return listAnswer(
    '"type":"list","data"',
    segments.map((segment) => segment.textIn(context.version)),
  )
}
