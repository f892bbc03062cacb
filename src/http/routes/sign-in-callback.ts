import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { errorTable } from '../../error-table.ts'
import { CodedError } from '../../errors.ts'
import { requireSetup } from '../../settings/oauth.ts'
import type { SignInProblem } from '../../store/sign-ins/sign-in.ts'
import { needsNoKey, openProblems, serviceCodes } from '../bodies/responses.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { createAskIntercom } from '../requests/ask-intercom.ts'
import { loggedRequest } from '../requests/request-log.ts'
import { renderPage, type SignInPage } from '../sign-in/page.ts'
import { callbackQuery } from '../sign-in/sign-in-schemas.ts'
import { comeBack, type Returned, type SignInDependencies } from '../sign-in/steps.ts'

const page = { 'text/html': { schema: Type.String() } }

/** Errors before the page can be made are problem documents. */
function withPages(responses: ReturnType<typeof openProblems>) {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { content, ...response }]) => [
      status,
      { ...response, content: { ...content, ...page } },
    ]),
  )
}

/** Where Intercom sends the browser back. It has no key. */
const callbackRoute: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, dependencies) => {
  const { signInSetup, openStreams } = dependencies
  const askIntercom = createAskIntercom(dependencies)
  app.get('/oauth/callback', {
    // A program that only looks at the address must not use it up.
    exposeHeadRoute: false,
    schema: {
      operationId: 'comeBackFromIntercom',
      summary: 'Where Intercom sends the browser back after the consent',
      description: 'A page for people. Not to be called by programs.',
      tags: ['sign-in'],
      security: needsNoKey,
      querystring: callbackQuery,
      response: {
        200: { description: 'A page that says what comes next', content: page },
        ...withPages(
          openProblems(
            ...serviceCodes,
            'consent_denied',
            'sign_in_not_found',
            'sign_in_over',
            'sign_in_expired',
            'workspace_changed',
            'connection_busy',
            'check_failed',
            'oauth_code_refused',
            'oauth_client_refused',
            'oauth_not_configured',
            'intercom_unavailable',
            'intercom_protocol',
            'proxy_refused',
          ),
        ),
      },
    },
    handler: async (request, reply) => {
      const { query, headers } = request
      try {
        const setup = requireSetup(signInSetup)
        const signal = openStreams.signalFor(reply.raw)
        const using: SignInDependencies = { ...dependencies, askIntercom, setup }
        const returned = await comeBack(using, { ...query, cookie: headers.cookie }, signal)
        return sendPage(reply, pageOf(returned))
      } catch (error) {
        if (!(error instanceof CodedError)) throw error
        const { status } = errorTable[error.code]
        if (status >= 500) request.log.warn({ ...loggedRequest(request), code: error.code }, 'sign-in failed')
        return sendPage(reply, problemPage(error))
      }
    },
  })
}

function sendPage(reply: FastifyReply, page: SignInPage): FastifyReply {
  return reply
    .code(page.status)
    .header('Cache-Control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(renderPage(page))
}

function pageOf(returned: Returned): SignInPage {
  if (returned.kind === 'consented')
    return {
      status: 200,
      title: 'One more step',
      confirmationCode: returned.confirmationCode,
      texts: [
        'Type this code where you have begun to sign in. Nothing is connected before.',
        'If somebody else has sent you here, close this page, and give the code to nobody whom you do not want to read your workspace.',
      ],
    }
  const { signIn, lacks } = returned
  return {
    status: 200,
    title: 'Connected',
    texts: [
      `Connection ${signIn.connectionId} is connected to Intercom.`,
      'Close this page and go back to where you began to sign in: it goes on there.',
      ...lackTexts(lacks),
    ],
  }
}

function lackTexts(lacks: SignInProblem | undefined): string[] {
  return lacks ? [`Not everything can be read. ${lacks.message}`] : []
}

function problemPage({ code, message }: CodedError): SignInPage {
  const { status, title } = errorTable[code]
  return { status, title, texts: [message, `Code: ${code}`] }
}

export default callbackRoute
