import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { CodedError } from '../../errors.ts'
import { requireSetup } from '../../settings/oauth.ts'
import type { SignIn } from '../../store/sign-ins/sign-in.ts'
import { bodyCodes, checkCodes, needsApiKey, problemResponses, workspaceCodes } from '../bodies/responses.ts'
import { noQuery } from '../bodies/schemas.ts'
import type { RouteDependencies } from '../dependencies.ts'
import type { Api } from '../instance.ts'
import { createAskIntercom } from '../requests/ask-intercom.ts'
import { invalidRequest } from '../requests/validation.ts'
import { setCookie } from '../sign-in/browser-cookie.ts'
import { askedConnection } from '../sign-in/connect-token.ts'
import { toSignInBody } from '../sign-in/sign-in-body.ts'
import {
  begunSignInBody,
  confirmationBody,
  type NewSignInBody,
  newSignInBody,
  newSignInQuery,
  signInParameters,
} from '../sign-in/sign-in-schemas.ts'
import { confirm } from '../sign-in/steps.ts'

const common = { tags: ['sign-in'], security: needsApiKey }

const signInResponse = (description: string) => ({
  description,
  content: { 'application/json': { schema: Type.Ref('SignIn') } },
})

/** Signing in at Intercom, for the tenant that begins. */
const signInRoutes: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, dependencies) => {
  addBegin(app, dependencies)
  addRead(app, dependencies)
  addConfirm(app, dependencies)
}

function addBegin(app: Api, dependencies: RouteDependencies): void {
  const { signIns, connections, signInSetup } = dependencies
  app.post('/oauth/flows', {
    schema: {
      ...common,
      operationId: 'beginSignIn',
      summary: 'Begin to sign in at Intercom for a connection',
      description:
        'Open `authorizeUrl` in a browser within ten minutes. In the browser that has sent this request and keeps its cookie, ' +
        'consent connects at once; any other browser shows a code, which `confirm` takes. A connection that needs a sign-in ' +
        'goes on by itself after it.',
      querystring: newSignInQuery,
      body: newSignInBody,
      response: {
        201: {
          description: 'The sign-in has begun',
          content: { 'application/json': { schema: begunSignInBody } },
          headers: { 'Set-Cookie': { description: 'Lets this browser be recognized', type: 'string' } },
        },
        ...problemResponses(...bodyCodes, 'oauth_not_configured'),
      },
    },
    handler: async ({ tenant, body, query }, reply) => {
      const setup = requireSetup(signInSetup)
      const { connectionId } = body
      const wanted = wantedOf(body, query.resetState)
      // Faults are told now: later there would be nobody who can mend them.
      const stored = await connections.find(tenant, connectionId)
      await askedConnection(connectionId, wanted, 'signed-in-later', stored, dependencies)
      const begun = await signIns.begin(tenant, connectionId, wanted)
      const parameters = new URLSearchParams({
        client_id: setup.app.clientId,
        state: begun.state,
        redirect_uri: setup.callbackUrl,
      })
      return reply
        .code(201)
        .header('Cache-Control', 'no-store')
        .header('Set-Cookie', setCookie(begun, setup))
        .send({
          flowId: begun.flowId,
          authorizeUrl: `${setup.consentUrl}?${parameters}`,
          expiresAt: new Date(begun.expiresAt).toISOString(),
        })
    },
  })
}

/** @throws CodedError `invalid_request` */
function wantedOf({ connection, region }: NewSignInBody, resetState: boolean) {
  const { access_token } = Object(connection?.config) as { access_token?: unknown }
  if (access_token !== undefined)
    throw invalidRequest([
      { pointer: '/connection/config/access_token', detail: 'comes from the sign-in; leave it out' },
    ])
  return { resetState, ...(connection && { connection }), ...(region !== undefined && { region }) }
}

function addRead(app: Api, { signIns, signInSetup, clock }: RouteDependencies): void {
  app.get('/oauth/flows/:flowId', {
    schema: {
      ...common,
      operationId: 'getSignIn',
      summary: 'How far a sign-in is',
      description: 'It can be asked for an hour.',
      params: signInParameters,
      querystring: noQuery,
      response: {
        200: signInResponse('The sign-in'),
        ...problemResponses('sign_in_not_found', 'oauth_not_configured'),
      },
    },
    handler: async ({ tenant, params }) => {
      requireSetup(signInSetup)
      return toSignInBody(await readOwn(signIns, tenant, params.flowId), clock.now())
    },
  })
}

function addConfirm(app: Api, dependencies: RouteDependencies): void {
  const { signIns, signInSetup, clock, openStreams } = dependencies
  const askIntercom = createAskIntercom(dependencies)
  app.post('/oauth/flows/:flowId/confirm', {
    schema: {
      ...common,
      operationId: 'confirmSignIn',
      summary: 'Confirm a sign-in with the code that the browser shows',
      description: 'Five wrong codes end the sign-in.',
      params: signInParameters,
      querystring: noQuery,
      body: confirmationBody,
      response: {
        200: signInResponse('It is connected'),
        ...problemResponses(
          ...bodyCodes,
          'confirmation_code_wrong',
          'sign_in_not_found',
          'sign_in_pending',
          'sign_in_over',
          'sign_in_expired',
          ...workspaceCodes,
          ...checkCodes,
          'oauth_not_configured',
        ),
      },
    },
    handler: async ({ tenant, params, body }, reply) => {
      const setup = requireSetup(signInSetup)
      const signIn = await readOwn(signIns, tenant, params.flowId)
      const signal = openStreams.signalFor(reply.raw)
      await confirm({ ...dependencies, askIntercom, setup }, signIn, body.confirmationCode, signal)
      return toSignInBody(await readOwn(signIns, tenant, params.flowId), clock.now())
    },
  })
}

/** @throws CodedError `sign_in_not_found`, for another tenant's as well */
async function readOwn(signIns: RouteDependencies['signIns'], tenant: string, flowId: string): Promise<SignIn> {
  const signIn = await signIns.read(flowId)
  if (signIn?.tenant !== tenant) throw new CodedError('sign_in_not_found')
  return signIn
}

export default signInRoutes
