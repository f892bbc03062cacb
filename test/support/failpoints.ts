import { writeSync } from 'node:fs'
import { interruptSteps } from '../../src/failpoints.ts'

/** What becomes of a process at a failpoint. */
export interface ArmedFailpoint {
  /** `kill`: SIGKILL. `freeze`: SIGSTOP, until somebody sends SIGCONT. `fail`: the step gives an error. */
  does: 'kill' | 'freeze' | 'fail'
  /** `after`: the step has been made, and the process does not know it yet. */
  when: 'before' | 'after'
  name: string
  /** At which time that the process comes there, 1 or more. */
  hit: number
}

/** The variable that arms the processes of tests. */
export function armedWith(...failpoints: readonly ArmedFailpoint[]): { FAILPOINTS: string } {
  return { FAILPOINTS: failpoints.map(toldFailpoint).join(';') }
}

/** E.g. `kill after syncCommit 2`. */
export function toldFailpoint({ does, when, name, hit }: ArmedFailpoint): string {
  return `${does} ${when} ${name} ${hit}`
}

/** What a process prints when it comes to an armed failpoint, and what it prints when a frozen step is over. */
export const reachedFailpoint = /^failpoint reached: /
export const thawedFailpoint = /^failpoint thawed: (\S+) gave (.*)$/

/** Arms this process as `FAILPOINTS` of its environment says. */
export function armProcess({ FAILPOINTS = '' }: NodeJS.ProcessEnv): void {
  const armed = FAILPOINTS.split(';')
    .filter((text) => text !== '')
    .map(readFailpoint)
  if (armed.length === 0) return
  const hits = new Map<string, number>()
  const meet = (when: ArmedFailpoint['when'], name: string): ArmedFailpoint | undefined => {
    const place = `${when} ${name}`
    const hit = (hits.get(place) ?? 0) + 1
    hits.set(place, hit)
    return armed.find((one) => one.when === when && one.name === name && one.hit === hit)
  }
  interruptSteps(async (name, step) => {
    const before = meet('before', name)
    if (before) act(before)
    const result = await step()
    const after = meet('after', name)
    if (after) act(after)
    if ((before ?? after)?.does === 'freeze') tell(`thawed: ${name} gave ${outcomeOf(result)}`)
    return result
  })
}

/** The word with which a script says what it has done: what follows may be long. */
function outcomeOf(reply: unknown): string {
  return String(Array.isArray(reply) ? reply[0] : reply)
}

function readFailpoint(text: string): ArmedFailpoint {
  const [does, when, name = '', hit] = text.split(' ')
  if (does !== 'kill' && does !== 'freeze' && does !== 'fail') throw new Error(`no failpoint: ${text}`)
  if (when !== 'before' && when !== 'after') throw new Error(`no failpoint: ${text}`)
  return { does, when, name, hit: Number(hit) }
}

function act(failpoint: ArmedFailpoint): void {
  tell(`reached: ${toldFailpoint(failpoint)}`)
  if (failpoint.does === 'fail') throw Object.assign(new Error('ECONNRESET, as armed'), { code: 'EIO' })
  process.kill(process.pid, failpoint.does === 'kill' ? 'SIGKILL' : 'SIGSTOP')
}

/** At once, since the process may not live to the next turn of its event loop. */
function tell(news: string): void {
  writeSync(2, `failpoint ${news}\n`)
}
