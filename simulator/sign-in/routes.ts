import type { FastifyInstance, FastifyReply } from 'fastify'
import { errorAnswer, jsonAnswer, RefusedRequest } from '../serving/answer.ts'
import { sendAnswer } from '../serving/delivery.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { Consents } from './consents.ts'

interface Asked {
  client_id?: string
  state?: string
  redirect_uri?: string
}

interface Answered extends Asked {
  decision?: string
  workspace?: string
}

/** Intercom's side of a sign-in: the page that asks people, and the exchange of its codes. */
export function registerSignIn(app: FastifyInstance, consents: Consents, workspace: Workspace): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )

  app.get<{ Querystring: Asked }>('/oauth', ({ query }, reply) => {
    const fault = faultOf(query, consents)
    return fault ? sendPage(reply, 400, `<p>${escapeHtml(fault)}</p>`) : sendPage(reply, 200, form(query, workspace.id))
  })

  app.post<{ Body: Answered }>('/oauth', ({ body }, reply) => {
    const fault = faultOf(body, consents)
    if (fault) return sendPage(reply, 400, `<p>${escapeHtml(fault)}</p>`)
    const target = new URL(body.redirect_uri ?? '')
    if (body.decision === 'allow') target.searchParams.set('code', consents.allow(body.workspace ?? workspace.id))
    else target.searchParams.set('error', 'access_denied')
    target.searchParams.set('state', body.state ?? '')
    return reply.redirect(target.href, 302)
  })

  app.post<{ Body: Record<string, string> | undefined }>('/auth/eagle/token', ({ body, id }, reply) => {
    try {
      const token = consents.exchange(body?.client_id, body?.client_secret, body?.code)
      return sendAnswer(reply, jsonAnswer({ token_type: 'Bearer', token, access_token: token }))
    } catch (error) {
      if (!(error instanceof RefusedRequest)) throw error
      return sendAnswer(reply, errorAnswer(error.status, error.code, error.message, id))
    }
  })

  app.post<{ Body: { token?: string } | undefined }>('/_simulator/revoke', ({ body }) => ({
    revoked: consents.revoke(body?.token),
  }))
}

/** Intercom sends browsers to https only; the simulator, to this machine as well. */
function faultOf({ client_id, redirect_uri = '' }: Asked, { app }: Consents): string | undefined {
  if (client_id !== app.clientId) return `There is no app with the client id ${client_id}`
  if (!URL.canParse(redirect_uri)) return 'The redirect address is missing'
  const { protocol, hostname } = new URL(redirect_uri)
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  return protocol === 'https:' || isHere ? undefined : 'The redirect address has to be https'
}

function form(asked: Asked, workspaceId: string): string {
  const kept = (['client_id', 'state', 'redirect_uri'] as const).map(
    (name) => `<input type="hidden" name="${name}" value="${escapeHtml(asked[name] ?? '')}">`,
  )
  return `<h1>Authorize access</h1>
<p>An app wants to read your workspace in this simulated Intercom.</p>
<form method="post" action="oauth">
${kept.join('\n')}
<p><label>Workspace <input name="workspace" value="${escapeHtml(workspaceId)}"></label></p>
<button name="decision" value="allow">Authorize access</button>
<button name="decision" value="deny">Cancel</button>
</form>`
}

function sendPage(reply: FastifyReply, status: number, body: string): FastifyReply {
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .send(
      `<!doctype html>\n<html lang="en"><head><title>Simulated Intercom</title></head>\n<body>${body}</body></html>\n`,
    )
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}
