import { exitCodes } from '../../command-line/exit-code.ts'
import { strangerError } from '../../connector/bridge/service/service-failures.ts'
import { type ErrorCode, errorTable } from '../../error-table.ts'
import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import type { ClientCommand, ClientContext } from '../service/command.ts'
import { openQuestions, type Questions } from '../service/questions.ts'
import { openService, type RemoteService } from '../service/service.ts'
import { openBrowser } from './browser.ts'

type Context = ClientContext<'connections authenticate'>

/** How often it is asked whether somebody has allowed access, ms. */
const lookMs = 1000

/** Connects by signing in at Intercom; where the service cannot do that, by an access token. */
export const authenticateConnection: ClientCommand<'connections authenticate'> = async (context) => {
  const { operands, output, stderr, note, signal } = context
  const [connectionId = ''] = operands
  const service = await openService(context)
  const questions = openQuestions(stderr, signal)
  try {
    const flow = await begin(service, context, connectionId)
    if (flow) await signIn(service, context, flow, questions)
    else await putToken(service, context, connectionId, questions)
  } finally {
    questions.close()
  }
  const { value } = await service.ask({ method: 'GET', path: pathOf(connectionId) })
  for (const line of connectedLines(connectionId, isObject(value) ? value : {})) note(line)
  if (context.options.json) await output.write(`${JSON.stringify(value)}\n`)
  return exitCodes.done
}

/** What the connection is now, and what people do next. */
function connectedLines(connectionId: string, { workspaceId, catalog }: Record<string, unknown>): string[] {
  const workspace = typeof workspaceId === 'string' ? `, workspace ${workspaceId}` : ''
  const streams = isObject(catalog) && Array.isArray(catalog.streams) ? catalog.streams.filter(isObject) : []
  const names = streams.flatMap(({ stream }) => (isObject(stream) ? [String(stream.name)] : []))
  return [
    `Connection ${connectionId} is connected to Intercom${workspace}.`,
    ...(names.length > 0 ? [`It reads ${names.join(', ')}.`] : []),
    `To sync now: intercom-sync jobs run --connection ${connectionId} --wait`,
    `To sync by itself: intercom-sync connections schedule ${connectionId} --every PT6H`,
  ]
}

interface Flow {
  flowId: string
  authorizeUrl: string
}

/** @returns undefined when nobody can sign in at this service */
async function begin(
  service: RemoteService,
  { options, note }: Context,
  connectionId: string,
): Promise<Flow | undefined> {
  const { region } = options
  const body = { connectionId, ...(region !== undefined && { region }) }
  try {
    const { value } = await service.ask({ method: 'POST', path: `/v1/oauth/flows${resetOf(options)}`, body })
    if (isObject(value) && typeof value.flowId === 'string' && typeof value.authorizeUrl === 'string')
      return { flowId: value.flowId, authorizeUrl: value.authorizeUrl }
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'oauth_not_configured') throw error
    note(`Nobody can sign in here: ${error.message}.`)
    return undefined
  }
  throw strangerError('it does not begin a sign-in')
}

async function signIn(
  service: RemoteService,
  { options, note, settings, stderr, clock, signal }: Context,
  { flowId, authorizeUrl }: Flow,
  questions: Questions,
): Promise<void> {
  note(`Open this page, and allow access:\n  ${authorizeUrl}\nWaiting for you to allow access (ten minutes at most) …`)
  const hasDisplay = ['DISPLAY', 'WAYLAND_DISPLAY'].some((name) => settings.variable(name) !== undefined)
  if (stderr.isTTY && !options['no-browser']) openBrowser(authorizeUrl, hasDisplay)
  const path = `/v1/oauth/flows/${encodeURIComponent(flowId)}`
  for (;;) {
    const { value } = await service.askAgain({ method: 'GET', path })
    const status = isObject(value) ? value.status : undefined
    if (status === 'connected') break
    if (status !== 'pending' && status !== 'consented') throw problemIn(value)
    if (status === 'consented' && (await confirm(service, path, note, questions))) break
    await clock.sleep(lookMs, signal)
  }
}

/** @returns false when the code is wrong */
async function confirm(
  service: RemoteService,
  path: string,
  note: (line: string) => void,
  questions: Questions,
): Promise<boolean> {
  const confirmationCode = await questions.ask('The code that the page shows: ')
  if (confirmationCode === '') return false
  try {
    await service.ask({ method: 'POST', path: `${path}/confirm`, body: { confirmationCode } })
    return true
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'confirmation_code_wrong') throw error
    note(error.message)
    return false
  }
}

/** Why a sign-in has ended without a connection. */
function problemIn(value: unknown): CodedError {
  const { code, detail } = isObject(value) && isObject(value.problem) ? value.problem : {}
  if (!isErrorCode(code)) return strangerError('it does not tell how the sign-in has ended')
  return new CodedError(code, typeof detail === 'string' ? detail : undefined)
}

function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(errorTable, text)
}

/** A connection that is there keeps the rest of what it is: the masks of its secrets go back as they came. */
async function putToken(
  service: RemoteService,
  { options, note }: Context,
  connectionId: string,
  questions: Questions,
): Promise<void> {
  note("An access token does as well: Intercom's Developer Hub, your app, Configure, Authentication.")
  const access_token = await questions.ask('Access token: ', true)
  const path = pathOf(connectionId)
  const { region } = options
  const given = { ...(region !== undefined && { region }), access_token }
  const stored = await service.ask({ method: 'GET', path }).catch(unlessMissing)
  const value = isObject(stored?.value) ? stored.value : {}
  const config = { ...(isObject(value.config) ? value.config : {}), ...given }
  await service.ask({ method: 'PUT', path: `${path}${resetOf(options)}`, body: { ...value, config } })
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof CodedError && error.code === 'connection_not_found') return undefined
  throw error
}

const pathOf = (connectionId: string) => `/v1/connections/${encodeURIComponent(connectionId)}`

const resetOf = (options: Context['options']) => (options['reset-state'] ? '?resetState=true' : '')
