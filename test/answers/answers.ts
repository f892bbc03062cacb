import { forms, meaningOf } from './answer.ts'
import { places } from './places.ts'
import { judgeQuestion, questions } from './question-cases.ts'
import { type Given, judgeEverywhere, judgePlace, judgeTogether } from './sync-cases.ts'
import { type AnswersWorkspace, openAnswersWorkspace } from './workspace.ts'

export interface AnswersRun {
  statuses: number
  cases: number
  requests: number
  faults: string[]
}

interface AnswersOptions {
  statuses: readonly number[]
  seed: number
  /** Of so many cases one is tried, but all with the first answer of each meaning. @defaultValue 1 */
  oneOf?: number
  /** Ends with so many. @defaultValue goes on whatever is found */
  mostFaults?: number
  done?: (run: AnswersRun) => void
}

/** Statuses in every form, in place of every kind of request's answer, once and for good. */
export async function runAnswers(options: AnswersOptions): Promise<AnswersRun> {
  const { statuses, seed, oneOf = 1, mostFaults = Infinity, done } = options
  const run: AnswersRun = { statuses: 0, cases: 0, requests: 0, faults: [] }
  const met = new Set<string>()
  const { stackTraceLimit } = Error
  // Every end of a wait makes an error, of which nobody reads where it was made.
  Error.stackTraceLimit = 0
  let turn = 0
  try {
    for (const status of statuses) {
      const workspace = await openAnswersWorkspace(seed)
      for (const form of forms) {
        const meaning = meaningOf(status, form)
        const isFirst = !met.has(meaning)
        met.add(meaning)
        turn++
        for (const [place, judge] of casesOf(workspace, { status, form }).entries()) {
          if (!isFirst && (place + turn) % oneOf !== 0) continue
          run.cases++
          run.faults.push(...(await judge()))
          if (run.faults.length >= mostFaults) return run
        }
      }
      run.statuses++
      run.requests += workspace.requests()
      done?.(run)
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
  return run
}

function casesOf(workspace: AnswersWorkspace, given: Given): (() => Promise<string[]>)[] {
  const meaning = meaningOf(given.status, given.form)
  const passes = ['foreign', 'retry', 'limit'].includes(meaning)
  return [
    ...(passes ? [() => judgeTogether(workspace, given)] : []),
    ...(meaning === 'foreign' ? [() => judgeEverywhere(workspace, given)] : []),
    ...(['once', 'lasting'] as const).flatMap((how) => [
      ...places.map((place) => () => judgePlace(workspace, place, given, how)),
      ...questions.map((question) => () => judgeQuestion(workspace, question, given, how)),
    ]),
  ]
}
