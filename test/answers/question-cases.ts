import { defaultApiVersion } from '../../src/airbyte/source-config.ts'
import type { ErrorCode } from '../../src/error-table.ts'
import { CodedError } from '../../src/errors.ts'
import { checkConnection } from '../../src/streams/check-connection.ts'
import { discoverStreams } from '../../src/streams/discover.ts'
import { answerOf, type Meaning, meaningOf } from './answer.ts'
import { blames, type Given } from './sync-cases.ts'
import type { AnswersWorkspace } from './workspace.ts'

type Verdict = 'SUCCEEDED' | 'FAILED' | 'streams' | ErrorCode

const config = { access_token: 'simulator-token' }

/** What somebody waits for: whether a config can be used, and what there is. */
export interface Question {
  name: string
  ask(workspace: AnswersWorkspace): Promise<{ verdict: Verdict; message: string }>
  once: Readonly<Record<Meaning, Verdict>>
  lasting: Readonly<Record<Meaning, Verdict>>
}

export const questions: readonly Question[] = [
  {
    name: 'check',
    async ask(workspace) {
      const { status, message = '' } = await workspace.ask((client) => checkConnection(client, config, ['contacts']))
      return { verdict: status, message }
    },
    once: {
      foreign: 'SUCCEEDED',
      retry: 'SUCCEEDED',
      limit: 'SUCCEEDED',
      // Of /me; it is the streams that a token must be good for.
      unauthorized: 'SUCCEEDED',
      gone: 'SUCCEEDED',
      unprocessable: 'SUCCEEDED',
      refused: 'SUCCEEDED',
    },
    lasting: {
      foreign: 'intercom_unavailable',
      retry: 'intercom_unavailable',
      limit: 'intercom_unavailable',
      unauthorized: 'FAILED',
      gone: 'FAILED',
      unprocessable: 'FAILED',
      refused: 'FAILED',
    },
  },
  {
    name: 'discover',
    async ask(workspace) {
      const streams = await workspace.ask((client) => discoverStreams(client, { api_version: defaultApiVersion }))
      return { verdict: 'streams', message: JSON.stringify(streams) }
    },
    once: {
      foreign: 'streams',
      retry: 'streams',
      limit: 'streams',
      unauthorized: 'streams',
      gone: 'intercom_rejected',
      unprocessable: 'intercom_rejected',
      refused: 'intercom_rejected',
    },
    lasting: {
      foreign: 'intercom_unavailable',
      retry: 'intercom_unavailable',
      limit: 'intercom_unavailable',
      unauthorized: 'token_invalid',
      gone: 'intercom_rejected',
      unprocessable: 'intercom_rejected',
      refused: 'intercom_rejected',
    },
  },
]

/** What is wrong with what comes of an answer to the first request, or to all of them, in words. */
export async function judgeQuestion(
  workspace: AnswersWorkspace,
  { name, ask, ...expected }: Question,
  given: Given,
  how: 'once' | 'lasting',
): Promise<string[]> {
  const faults: string[] = []
  const meaning = meaningOf(given.status, given.form)
  workspace.spoil([{ ...answerOf(given.status, given.form), repeat: how === 'once' ? 1 : 100_000 }])
  const { verdict, message } = await ask(workspace).catch(failureOf)
  workspace.spoil([])
  const tell = (text: string) => faults.push(`${given.status} ${given.form}, ${name}, ${how}: ${text}`)
  if (verdict !== expected[how][meaning]) tell(`${verdict}, not ${expected[how][meaning]}: ${message}`)
  if (meaning !== 'foreign') return faults
  if (how === 'lasting') for (const text of blames(given, message)) tell(text)
  else if (message !== (await ask(workspace)).message) tell(`comes to something else than undisturbed: ${message}`)
  return faults
}

function failureOf(error: unknown): { verdict: ErrorCode; message: string } {
  if (!(error instanceof CodedError)) throw error
  return { verdict: error.code, message: error.message }
}
