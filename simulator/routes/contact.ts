import { type Answer, RefusedRequest } from '../serving/answer.ts'
import { isAtLeast } from '../serving/api-version.ts'
import type { EndpointContext } from './endpoint.ts'

/** From this version on a merged contact names the contact it has become; before, it is not found. */
const mergesAreTold = '2.16'

/** `GET /contacts/{id}`. */
export function answerContact({ workspace, params, version }: EndpointContext): Answer {
  const { id = '' } = params
  const contact = workspace.collection('contacts').find(id)
  if (contact !== undefined) return { status: 200, body: contact.textIn(version), records: 1 }
  const target = workspace.contacts.mergedInto(id)
  if (target !== undefined && isAtLeast(version, mergesAreTold)) {
    const link = { Link: `</contacts/${target}>; rel="canonical"` }
    throw new RefusedRequest(410, 'contact_merged', 'This contact was merged into another one', link)
  }
  throw new RefusedRequest(404, 'not_found', 'User Not Found')
}
