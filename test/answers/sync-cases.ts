import type { Fault } from '../../simulator/faults/fault.ts'
import type { DeliveryLedger } from '../../simulator/oracle/delivery-check.ts'
import type { FaultGroup } from '../../simulator/oracle/report.ts'
import { CodedError } from '../../src/errors.ts'
import { parseLines } from '../support/engine.ts'
import { answerer, answerOf, type Form, meaningOf } from './answer.ts'
import { type Ending, everywhere, type Place, places } from './places.ts'
import type { AnswersWorkspace, Synced } from './workspace.ts'

/** So often is for good. */
const forGood = 100_000
/** Has logs in pages by number. */
const apiVersion = '2.11' as const

/** One answer, in place of Intercom's. */
export interface Given {
  status: number
  form: Form
}

/** All kinds of requests are answered so in one sync, each once. */
export async function judgeTogether(workspace: AnswersWorkspace, given: Given): Promise<string[]> {
  const reading = { streams: [...new Set(places.flatMap(({ streams }) => streams))], apiVersion, recordsPerSlice: 1 }
  workspace.spoil(
    places.map(({ match }) => ({ ...answerOf(given.status, given.form), match: ofRecord(workspace, match) })),
  )
  const synced = await workspace.sync(reading)
  const report = await workspace.judge(reading, synced.messages, new Map())
  const faults: string[] = []
  judgeExact(synced, report.faults, (text) => faults.push(`${given.status} ${given.form}, everywhere once: ${text}`))
  return faults
}

/** Who has the scroll open is waited for, and then the list stands in for it. */
function endingOf(place: Place, how: 'once' | 'lasting', { status, form }: Given): Ending {
  const isHeld = status === 423 && form === 'own' && place.match.path === '/companies/scroll'
  return isHeld ? 'exact' : place[how][meaningOf(status, form)]
}

function ofRecord({ conversation, contact }: AnswersWorkspace, match: Place['match']): Place['match'] {
  const path = match.path?.replace('{conversation}', conversation).replace('{contact}', contact)
  return { ...match, ...(path !== undefined && { path }) }
}

/** What is wrong with what a sync makes of an answer in this place, in words; none when all is right. */
export async function judgePlace(
  workspace: AnswersWorkspace,
  place: Place,
  given: Given,
  how: 'once' | 'lasting',
): Promise<string[]> {
  const ending = endingOf(place, how, given)
  const match = (how === 'lasting' ? place.lastingMatch : undefined) ?? place.match
  const record = match.path?.includes('{contact}') ? workspace.contact : workspace.conversation
  const repeat = how === 'once' ? 1 : forGood
  const fault: Fault = { ...answerOf(given.status, given.form), match: ofRecord(workspace, match), repeat }
  const faults: string[] = []
  const tell = (text: string) =>
    faults.push(`${given.status} ${given.form}, ${place.name}, ${how}, should be ${ending}: ${text}`)
  const ledger: DeliveryLedger = new Map()
  workspace.spoil([fault])
  const first = await workspace.sync(place, [])
  const report = await workspace.judge(place, first.messages, ledger)
  if (ending === 'exact') {
    judgeExact(first, report.faults, tell)
    return faults
  }
  for (const text of notDeliveredRightly(report.faults, place, ending)) tell(text)
  judgeEnding(workspace, first, { place, ending, record, given }, tell)
  workspace.spoil([])
  const second = await workspace.sync(place, first.state)
  const after = await workspace.judge(place, second.messages, ledger)
  if (second.error || second.outcome?.failure) tell(`the next sync fails: ${words(second)}`)
  // What Intercom itself has said twice is believed for good.
  const owed = ending === 'deleted' || ending === 'cut' ? believedLoss(workspace, place) : {}
  for (const { kind, stream, count, examples } of after.faults)
    if (count !== owed[`${kind} ${stream}`]) tell(`after the next sync ${kind} in ${stream}: ${examples[0]}`)
  return faults
}

function judgeExact(first: Synced, faults: readonly FaultGroup[], tell: (text: string) => void): void {
  if (first.error || first.outcome?.failure) tell(words(first))
  for (const { kind, stream, examples } of faults) tell(`${kind} in ${stream}: ${examples[0]}`)
}

/** Whatever is lacking, nothing comes twice or as it never was; but a list that cannot be had stays as it stands. */
function notDeliveredRightly(faults: readonly FaultGroup[], place: Place, ending: Ending): string[] {
  const isListed = place.streams.includes('contacts') && !Object.hasOwn(place.once, ending)
  return faults
    .filter(({ kind }) => ['duplicate', 'wrong_parent', 'unexpected'].includes(kind))
    .filter(({ kind, count }) => !(isListed && kind === 'unexpected' && count === 1))
    .map(({ kind, stream, examples }) => `${kind} in ${stream}: ${examples[0]}`)
}

function judgeEnding(
  workspace: AnswersWorkspace,
  first: Synced,
  { place, ending, record, given }: { place: Place; ending: Ending; record: string; given: Given },
  tell: (text: string) => void,
): void {
  const { outcome } = first
  const completeness = outcome?.streams.flatMap((stream) => (stream.completeness ? [stream.completeness] : [])) ?? []
  if (ending === 'waits') {
    if (outcome?.failure?.code !== 'records_unreadable') tell(words(first))
    const ids = completeness.flatMap(({ retryIds = [] }) => retryIds)
    if (ids.join() !== record) tell(`retryIds are ${ids.join() || 'none'}, not ${record}`)
  } else if (ending === 'deleted' || ending === 'cut') {
    if (!outcome || outcome.failure) tell(words(first))
    const warnings = parseLines(first.messages).filter(({ type, log }) => type === 'LOG' && log.level === 'WARN')
    if (ending === 'cut' && warnings.length !== 1) tell(`${warnings.length} warnings`)
    const deleted = completeness.reduce((sum, { deletedMeanwhile = 0 }) => sum + deletedMeanwhile, 0)
    const isParent = place.streams.includes('conversation_parts')
    if (ending === 'deleted' && isParent && deleted !== 1) tell(`${deleted} are counted as deleted`)
  } else {
    const { code, message } = first.error instanceof CodedError ? first.error : (outcome?.failure ?? {})
    if (code !== ending) tell(words(first))
    if (meaningOf(given.status, given.form) === 'foreign') for (const text of blames(given, message)) tell(text)
  }
  if (workspace.requests() > 5_000_000) tell('asks without end')
}

/** Who has answered is told, and nobody else is blamed. */
export function blames({ status, form }: Given, message = ''): string[] {
  const who = form === 'own' ? `HTTP ${status}` : `HTTP ${status} from ${answerer}`
  const faults = message.includes(who) ? [] : [`does not say who has answered: ${message}`]
  return /access token|permission|deleted/i.test(message) ? [...faults, `blames the token: ${message}`] : faults
}

function believedLoss({ parts }: AnswersWorkspace, place: Place): Record<string, number> {
  return place.streams.includes('contacts') ? { 'stale contacts': 1 } : { 'missing conversation_parts': parts }
}

/** Nothing of Intercom's can be reached. */
export async function judgeEverywhere(workspace: AnswersWorkspace, given: Given): Promise<string[]> {
  workspace.spoil([{ ...answerOf(given.status, given.form), repeat: forGood }])
  const synced = await workspace.sync(everywhere, [])
  workspace.spoil([])
  const { code, message } = synced.error instanceof CodedError ? synced.error : {}
  const faults = code === 'intercom_unavailable' ? blames(given, message) : [words(synced)]
  return faults.map((text) => `${given.status} ${given.form}, ${everywhere.name}: ${text}`)
}

function words({ error, outcome }: Synced): string {
  if (error) return error instanceof CodedError ? `${error.code}: ${error.message}` : String(error)
  return outcome?.failure ? `${outcome.failure.code}: ${outcome.failure.message}` : 'the sync succeeds'
}
