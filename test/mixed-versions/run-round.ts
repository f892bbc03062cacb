import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { stateLine, statesAmong, streamOf } from '../schedules/stored-states.ts'
import type { Workspaces } from '../support/workspaces.ts'
import { type Comparing, compareAnswers, compareJob, compareLists, exchangeStates } from './comparisons.ts'
import type { Figures } from './figures.ts'
import type { Fleet } from './fleet.ts'
import { type LiveJob, readLog, type StartedJob, startJob, startLive, untilEnded } from './jobs.ts'
import { faultsOfLog, faultsOfUnion } from './judge.ts'
import {
  change,
  incremental,
  openParticipants,
  type Participant,
  type Participants,
  setLatency,
} from './participants.ts'
import { enterFirst, playPhases, untilFurther, type Writers } from './phases.ts'
import type { RoundPlan } from './plan.ts'
import { joinAtOther, repeatAtOther } from './repeats.ts'
import { watchSharedBudget } from './shared-budget.ts'
import { otherThan } from './versions.ts'

/** What rounds are played on. */
export interface Stage {
  fleet: Fleet
  workspaces: Workspaces
  figures: Figures
}

interface Round extends Comparing {
  plan: RoundPlan
  participants: Participants
  connectionId: string
}

/** States and lists would fill the screen. */
const longestFault = 500

interface Jobs {
  keeper: StartedJob
  connected: StartedJob
  live: LiveJob
  sharing: StartedJob
  alsoSharing: StartedJob
  cancelled: StartedJob
}

/** One round: jobs between the two versions, then what was stored of them and the jobs that go on from it. @returns what was wrong */
export async function runRound({ fleet, workspaces, figures }: Stage, plan: RoundPlan): Promise<string[]> {
  const faults: string[] = []
  const participants = await openParticipants(workspaces, plan)
  const connectionId = randomUUID()
  const round: Round = {
    fleet,
    figures,
    plan,
    participants,
    connectionId,
    tell: (fault) => faults.push(fault.slice(0, longestFault)),
  }
  const [first] = plan.phases
  if (first) await enterFirst(fleet, first, figures)
  setLatency(participants, true)
  const jobs = await startJobs(round)
  const ids = Object.values(jobs).map(({ jobId }) => jobId)
  const budget = watchSharedBudget(fleet)
  const [writers, liveLines, isCancelled] = await Promise.all([
    playPhases(fleet, ids, plan.phases, {
      figures,
      onHandOver: () => change(participants, plan.changes),
      release: () => setLatency(participants, false),
    }),
    jobs.live.lines,
    cancelAtOther(round, jobs.cancelled),
  ])
  countWriters(figures, writers)
  if (await budget.stop()) figures.count('sharedBudgets')
  await judgeEnds(round, jobs, isCancelled)
  await judgeLogs(round, jobs, liveLines)
  await goOn(round, jobs)
  await compareLists(round)
  countSharedRequests(round)
  return [...faults, ...fleet.takeFaults()]
}

const bodyOf = ({ token, streams }: Participant, lanes: number, state?: readonly object[]) => ({
  config: { access_token: token, num_workers: lanes },
  streams,
  ...(state && { state }),
})

async function startJobs(round: Round): Promise<Jobs> {
  const { fleet, plan, participants, connectionId } = round
  const { first, lanes } = plan
  const other = otherThan(first)
  const { token, streams } = participants.connected
  const put = await fleet.call(other, 'connected', `/v1/connections/${connectionId}`, {
    method: 'PUT',
    body: JSON.stringify({ config: { access_token: token, num_workers: lanes }, streams }),
  })
  if (put.status !== 201) round.tell(`PUT of a connection: ${put.status} ${await put.text()}`)
  const jobs = {
    keeper: await startJob(fleet, first, 'keeper', bodyOf(participants.keeper, lanes)),
    connected: await startJob(fleet, first, 'connected', { connectionId }),
    live: await startLive(fleet, first, bodyOf(participants.live, lanes), plan.replacements),
    sharing: await startJob(fleet, first, 'sharing', bodyOf(participants.sharing, 10)),
    alsoSharing: await startJob(fleet, other, 'sharing', bodyOf(participants.sharing, 10)),
    cancelled: await startJob(fleet, first, 'cancelling', bodyOf(participants.cancelling, lanes)),
  }
  await repeatAtOther(round, jobs.keeper, other)
  await joinAtOther(round, jobs.connected, { connectionId }, other)
  return jobs
}

/** A job that one version has taken in, and that runs, is cancelled at the other one. @returns false when it had ended */
async function cancelAtOther({ fleet, plan, tell }: Round, { tenant, jobId }: StartedJob): Promise<boolean> {
  await untilFurther(fleet, [jobId], 1)
  const response = await fleet.call(otherThan(plan.first), tenant, `/v1/jobs/${jobId}`, { method: 'DELETE' })
  const text = await response.text()
  // The API may have been replaced meanwhile: the job goes on, and can be faster.
  if (response.status === 409 && text.includes('"job_ended"')) return false
  if (response.status !== 200) tell(`the cancel of job ${jobId}: ${response.status} ${text}`)
  return true
}

function countWriters(figures: Figures, writers: Writers): void {
  for (const sequence of writers.values()) {
    const changes = sequence.slice(1)
    figures.count('oldToNew', changes.filter((version) => version === 'new').length)
    figures.count('newToOld', changes.filter((version) => version === 'old').length)
    if (changes.length > 0) figures.count('mixedJobs')
    figures.raiseMostHandOvers(changes.length)
  }
}

async function judgeEnds({ fleet, plan, figures, tell }: Round, jobs: Jobs, isCancelled: boolean): Promise<void> {
  for (const [name, job] of Object.entries(jobs) as [keyof Jobs, StartedJob][]) {
    const { status, attempts, failure } = await untilEnded(fleet, job, plan.first)
    if (status !== (name === 'cancelled' && isCancelled ? 'cancelled' : 'succeeded'))
      tell(`job ${job.jobId} of ${name} ${status}: ${failure?.code} ${failure?.message}`)
    figures.count('jobs')
    figures.count('attempts', attempts)
  }
  figures.count('liveMoves', jobs.live.moves())
}

async function judgeLogs(round: Round, jobs: Jobs, liveLines: readonly string[]): Promise<void> {
  const { participants, plan, figures, tell } = round
  for (const name of ['keeper', 'connected', 'live', 'sharing', 'alsoSharing'] as const) {
    const job = jobs[name]
    const lines = await compareJob(round, job, name === 'keeper' ? [0, 20, 60] : [])
    if (name === 'live' && !isDeepStrictEqual(lines, liveLines))
      tell(`the live reader has got ${liveLines.length} messages that are not the ${lines.length} of the log`)
    const { simulator, streams } = participants[job.tenant]
    for (const fault of await faultsOfLog(lines, simulator, { streams, hasChanged: plan.changes > 0 }))
      tell(`job ${job.jobId} of ${name}: ${fault}`)
    figures.count('messages', lines.length)
  }
}

/** Clients go on from what they have stored: the one from its own states, the other from what it has acknowledged. */
async function goOn(round: Round, jobs: Jobs): Promise<void> {
  const { fleet, plan, participants, connectionId } = round
  const { first, lanes, stored } = plan
  const other = otherThan(first)
  const kept = await keep(round, jobs.keeper, stored.keeper)
  const acknowledged = await acknowledge(round, jobs.connected, stored.connected)
  await exchangeAll(round, 'keeper', kept.lines)
  await exchangeAll(round, 'connected', acknowledged)
  change(participants, 5)
  const next = [
    { held: kept.held, job: await startJob(fleet, other, 'keeper', bodyOf(participants.keeper, lanes, kept.states)) },
    { held: acknowledged, job: await startJob(fleet, other, 'connected', { connectionId }) },
  ]
  for (const { held, job } of next) {
    const { status, failure } = await untilEnded(fleet, job, other)
    if (status !== 'succeeded')
      round.tell(`job ${job.jobId}, the next one of ${job.tenant}, ${status}: ${failure?.message}`)
    const { simulator, streams } = participants[job.tenant]
    const lines = await readLog(fleet, first, job)
    for (const fault of await faultsOfLog(lines, simulator, { streams, hasChanged: true }))
      round.tell(`job ${job.jobId}, the next one of ${job.tenant}: ${fault}`)
    for (const fault of await faultsOfUnion([...held, ...lines], simulator, streams))
      round.tell(`all that ${job.tenant} has stored: ${fault}`)
    round.figures.count('messages', lines.length)
    round.figures.count('nextJobs')
  }
}

/** What a client has of a log, and the states among it. */
async function keep({ fleet, plan }: Round, job: StartedJob, share: number) {
  const lines = await readLog(fleet, plan.first, job)
  const held = lines.slice(0, Math.round(share * lines.length))
  return { lines, held, states: statesAmong(held).filter((state) => incremental.has(streamOf(state))) }
}

/** One version is told what is stored, the other one knows it. @returns the messages acknowledged */
async function acknowledge(round: Round, job: StartedJob, share: number): Promise<string[]> {
  const { fleet, plan, connectionId, figures, tell } = round
  const { held } = await keep(round, job, share)
  const path = `/v1/jobs/${job.jobId}/ack?epoch=${encodeURIComponent(job.epoch)}`
  for (const version of [plan.first, otherThan(plan.first)]) {
    const offset = version === plan.first ? Math.floor(held.length / 2) : held.length
    const response = await fleet.call(version, 'connected', path, { method: 'POST', body: JSON.stringify({ offset }) })
    const answer = (await response.json()) as { offset: number; states: unknown }
    const read = await compareAnswers(round, 'connected', `/v1/connections/${connectionId}/state`)
    if (response.status !== 200 || answer.offset !== offset || !isDeepStrictEqual(answer.states, read))
      tell(
        `the acknowledgement of ${offset} messages at the ${version} API: ${response.status} ${JSON.stringify(answer)}`,
      )
    figures.count('acknowledgements')
  }
  return held
}

/** At most so many STATEs of a workspace and round are put to the APIs, which take so many calls a minute. */
const mostStates = 30

/** @param owner whose workspace the states are of: a connection of another one refuses them */
async function exchangeAll(round: Round, owner: 'keeper' | 'connected', lines: readonly string[]): Promise<void> {
  const states = [...new Set(lines.filter((line) => line.startsWith(stateLine)))]
    .flatMap((line) => statesAmong([line]))
    .filter((state) => incremental.has(streamOf(state)))
  const every = Math.ceil(states.length / mostStates)
  const connectionId = randomUUID()
  const { fleet, plan, participants } = round
  const { token } = participants[owner]
  const body = JSON.stringify({ config: { access_token: token }, streams: [...incremental] })
  await fleet.call(plan.first, 'connected', `/v1/connections/${connectionId}`, { method: 'PUT', body })
  await exchangeStates(
    round,
    connectionId,
    states.filter((_, place) => place % every === 0),
  )
  await fleet.call(otherThan(plan.first), 'connected', `/v1/connections/${connectionId}`, { method: 'DELETE' })
}

/** Share of the requests under one limit that may be answered with 429. More would be a storm. */
const mostRefused = 0.02

/** Both jobs of one token, at workers of both versions, keep to its limit. */
function countSharedRequests({ participants, figures, tell }: Round): void {
  for (const { simulator } of Object.values(participants)) figures.count('requests', simulator.requests.totals.requests)
  const { requests, byStatus } = participants.sharing.simulator.requests.totals
  const refused = byStatus[429] ?? 0
  figures.count('sharedRequests', requests)
  figures.count('refused', refused)
  if (refused > mostRefused * requests) tell(`${refused} of ${requests} requests were beyond the limit of one token`)
}
