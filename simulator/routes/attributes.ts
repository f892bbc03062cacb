import { conversationAttributesMoved } from '../records/references/conversation-attributes.ts'
import { type Answer, RefusedRequest } from '../serving/answer.ts'
import { isAtLeast } from '../serving/api-version.ts'
import type { EndpointContext } from './endpoint.ts'
import { wholeList } from './whole-list.ts'

/** `GET /data_attributes`: archived ones only when asked for. */
export function answerDataAttributes(context: EndpointContext): Answer {
  const { model } = context.query
  if (model === undefined) throw new RefusedRequest(400, 'parameter_not_found', 'model is missing')
  if (model === 'conversation') {
    if (isAtLeast(context.version, conversationAttributesMoved)) {
      const message = 'model=conversation is no longer supported. Use GET /conversations/attributes instead'
      throw new RefusedRequest(422, 'parameter_invalid', message)
    }
    return wholeList('conversation_attributes', '/data_attributes', '"type":"list","data"')(context)
  }
  if (model !== 'contact' && model !== 'company') {
    throw new RefusedRequest(400, 'parameter_invalid', 'model is one of contact, company, conversation')
  }
  const showsAll = context.query.include_archived === 'true'
  return wholeList(`${model}_attributes`, '/data_attributes', '"type":"list","data"', {
    shows: ({ isOptional }) => showsAll || !isOptional,
  })(context)
}
