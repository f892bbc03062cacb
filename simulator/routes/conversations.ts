import { conversationSearch } from '../search/conversation-search.ts'
import { type Answer, RefusedRequest } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'
import { joined } from './record-list.ts'
import { answerSearch } from './search.ts'
import { inspectRecord } from './traps.ts'

/** `POST /conversations/search`: everything but the parts. */
export function answerConversationSearch(context: EndpointContext): Answer {
  const signed = signer(context)
  const rules = conversationSearch(context.options.inclusiveBounds)
  return answerSearch(context, 'conversations', rules, (record) => signed(record.textIn(context.version)))
}

/** `GET /conversations/{id}`: the same, with the newest 500 parts and the number of all. */
export function answerConversation(context: EndpointContext): Answer {
  const { workspace, version, params } = context
  const conversation = workspace.collection('conversations').find(params.id ?? '')
  if (conversation === undefined) throw new RefusedRequest(404, 'not_found', 'Resource Not Found')
  inspectRecord(context, 'conversations', conversation)
  const thread = workspace.conversations.thread(conversation.plan)
  const text = Buffer.concat([
    conversation.textIn(version).subarray(0, -1),
    Buffer.from(',"conversation_parts":{"type":"conversation_part.list","conversation_parts":['),
    ...joined(thread.shown.map((part) => part.textIn(version))),
    Buffer.from(`],"total_count":${thread.count}}}`),
  ])
  return { status: 200, body: signer(context)(text), records: thread.shown.length }
}

/** Signs the addresses of attachments for one answer. */
export function signer({ workspace, options }: EndpointContext): (text: Buffer) => Buffer {
  const now = Math.floor(options.clock.now() / 1000)
  return (text) => workspace.signer.sign(text, now)
}
