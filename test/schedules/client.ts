import { randomUUID } from 'node:crypto'
import type { Losses } from './losses.ts'
import type { Service } from './service.ts'
import { statesAmong, streamOf } from './stored-states.ts'

/** What a client is given to work with. */
export interface ClientOptions {
  service: Pick<Service, 'call' | 'clock'>
  losses: Losses
  tenant: string
  /** Makes the body of a job from the states that the client has stored. */
  bodyOf: (states: readonly object[]) => object
  /** Whether its jobs are of a connection, which acknowledgements move. */
  acknowledges: boolean
  /** Whether a job may fail with this code. @defaultValue none may */
  mayFail?: (code: string) => boolean
  /** Streams that go on from a state: those of the others are not given to the next job. */
  incremental: readonly string[]
}

/** Messages of one job, in their order. */
export interface StoredLog {
  epoch: string
  lines: string[]
  /** How many of them the client has said that it holds. */
  acknowledged: number
}

interface HeldJob {
  jobId: number
  path: string
  epoch: string
  log: StoredLog
  /** The number of the step in which it was started or joined. */
  since: number
  /** Whether it has to go on: this client neither cancelled it nor left it unread where it needs a reader. */
  isWanted: boolean
  hasEnded: boolean
  /** The states that the job began with, when they are the client's. */
  before: readonly object[]
  /** It was there before this client asked for one. */
  isOlder: boolean
}

interface Acknowledged {
  offset: number
  states: object[]
}

interface JobBody {
  jobId: number
  status: string
  messageCount: number
  logEpoch: string
  failure?: { code: string; message: string }
}

/** Answers by which a client learns that messages which it may hold are no more. */
const rewoundCodes = new Set(['log_rewound', 'offset_out_of_range'])

/** `incomplete` is none of them: such a job waits for its next attempt. */
const endedStatuses = new Set(['succeeded', 'failed', 'cancelled'])

/** Somebody who starts jobs by HTTP, stores their messages, and says what it has stored. */
export class Client {
  readonly logs: StoredLog[] = []
  readonly faults: string[] = []
  states: readonly object[] = []
  readonly #options: ClientOptions
  /** Epochs of the jobs that it ended by a call of its own. */
  readonly #cancelled = new Set<string>()
  #job: HeldJob | undefined
  /** What it has held, by job. */
  readonly #held = new Map<string, HeldJob>()
  /** The latest POST, as it can be sent again. */
  #request: { body: string; before: readonly object[]; key: string; epoch: string; since: number } | undefined

  /** What it goes on from: what it has acknowledged, or all where it keeps the states itself. */
  get stored(): string[] {
    const { acknowledges } = this.#options
    return this.logs.flatMap(({ lines, acknowledged }) => (acknowledges ? lines.slice(0, acknowledged) : lines))
  }

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /** Starts a job, unless it has one under way. A live one that is not detached needs a reader from then on. */
  async start(step: number, { live, detach, join }: { live: boolean; detach: boolean; join: boolean }): Promise<void> {
    if (this.#job && !this.#job.hasEnded) return
    const key = randomUUID()
    const body = JSON.stringify(this.#options.bodyOf(this.states))
    const before = this.states
    const query = join ? '?onConflict=join' : ''
    if (live)
      return this.#startLive(step, {
        key,
        body,
        query: `${query || '?'}&${detach ? 'detach=true' : 'grace=20'}`,
        detach,
      })
    const response = await this.#call(`/v1/jobs${query}`, {
      method: 'POST',
      body,
      headers: { 'idempotency-key': key },
    })
    if (response.status !== 202) return this.#refused('POST', await response.json())
    const job = (await response.json()) as JobBody
    this.#hold(step, job.jobId, job.logEpoch, before, true, isReplayed(response))
    this.#request = { body, before, key, epoch: job.logEpoch, since: step }
  }

  /** The same request again must lead to the same job. */
  async repeat(step: number): Promise<void> {
    const request = this.#request
    if (!request) return
    const response = await this.#call('/v1/jobs', {
      method: 'POST',
      body: request.body,
      headers: { 'idempotency-key': request.key },
    })
    if (response.status !== 202) return this.#refused('POST again', await response.json())
    const job = (await response.json()) as JobBody
    if (ofJob(job.logEpoch) === ofJob(request.epoch)) {
      if (this.#job && ofJob(this.#job.epoch) === ofJob(job.logEpoch))
        this.#job.isWanted ||= !this.#job.hasEnded && !this.#cancelled.has(ofJob(job.logEpoch))
      return
    }
    if (!this.#options.losses.covers(request.since))
      this.faults.push(`the repeat of a POST led to job ${job.jobId} in place of its own`)
    // Redis has lost the first job: this is a new one, from the states of then.
    this.#request = { ...request, epoch: job.logEpoch, since: step }
    if (this.#job && !this.#job.hasEnded) return
    this.#hold(step, job.jobId, job.logEpoch, request.before, true, isReplayed(response))
  }

  /** Takes up a job that a schedule has started, or that it has held before. */
  adopt(step: number, { jobId, logEpoch }: Pick<JobBody, 'jobId' | 'logEpoch'>): void {
    const held = this.#held.get(ofJob(logEpoch))
    if (held) this.#job = held
    else this.#hold(step, jobId, logEpoch, [], true, true)
  }

  /** Reads on, and stores what comes. @param messages at most */
  async read(messages: number): Promise<void> {
    const job = this.#job
    if (!job || messages === 0) return
    const epoch = encodeURIComponent(job.epoch)
    const path = `${job.path}/messages?after=${job.log.lines.length}&epoch=${epoch}`
    const abort = new AbortController()
    const response = await this.#call(path, { signal: abort.signal })
    if (response.status !== 200) return this.#lose(response, job)
    const isWhole = await take(response, job.log.lines, messages)
    abort.abort()
    this.#keepStates(job)
    if (isWhole) await this.#look(job)
  }

  /** Says what it has stored, or asks for the states at that place. @param back messages before the last one stored */
  async acknowledge(back: number): Promise<void> {
    const job = this.#job
    if (!job) return
    const offset = Math.max(0, job.log.lines.length - back)
    const epoch = encodeURIComponent(job.epoch)
    if (this.#options.acknowledges) {
      const body = JSON.stringify({ offset })
      const response = await this.#call(`${job.path}/ack?epoch=${epoch}`, { method: 'POST', body })
      if (response.status === 200) return this.#compare(job, offset, (await response.json()) as Acknowledged)
      return this.#lose(response, job)
    }
    const response = await this.#call(`${job.path}/state?at=${offset}&epoch=${epoch}`)
    if (response.status !== 200) return this.#lose(response, job)
    // A full refresh that is complete has no state to go on from.
    const given = namesAndStates(this.#ofIncremental((await response.json()) as object[]))
    const stored = namesAndStates(this.#ofIncremental(statesAmong(job.log.lines.slice(0, offset), job.before)))
    if (given !== stored) this.faults.push(`the states at ${offset} are ${given}, not ${stored}`)
  }

  /** What was acknowledged is what this client holds, and the states are those among it. */
  #compare({ log }: HeldJob, offset: number, answer: Acknowledged): void {
    log.acknowledged = Math.max(log.acknowledged, offset)
    if (answer.offset < offset || answer.offset > log.acknowledged) {
      this.faults.push(`${offset} messages were acknowledged, and the answer is ${answer.offset}`)
      return
    }
    const expected = this.#ofIncremental(statesAmong(log.lines.slice(0, answer.offset)))
    const names = expected.map(streamOf)
    const given = namesAndStates(answer.states.filter((state) => names.includes(streamOf(state))))
    if (given !== namesAndStates(expected))
      this.faults.push(`the states acknowledged at ${answer.offset} are ${given}, not ${namesAndStates(expected)}`)
  }

  /** Waits until its job has ended, if there is such a job. */
  async settle(): Promise<void> {
    if (this.#job) await this.#ended(this.#job)
  }

  /** Dies with its knowledge of the job; what it has stored it keeps. */
  forget(): void {
    this.#job = undefined
    this.#request = undefined
  }

  async cancel(): Promise<void> {
    const job = this.#job
    if (!job || job.hasEnded) return
    const response = await this.#call(`${job.path}?epoch=${encodeURIComponent(job.epoch)}`, { method: 'DELETE' })
    const answer = (await response.json()) as { code?: string }
    if (response.status === 200 || response.status === 202) {
      this.#cancelled.add(ofJob(job.epoch))
      job.isWanted = false
    } else if (answer.code !== 'job_ended') this.#loseBy(answer.code, job)
  }

  /** One more sync, which must go well: reads and acknowledges all of it. */
  async syncToEnd(step: number): Promise<void> {
    for (let attempt = 0; attempt < 40; attempt++) {
      this.#job = undefined
      await this.start(step, { live: false, detach: false, join: false })
      const job = this.#job as HeldJob | undefined
      if (!job) {
        await this.#options.service.clock.sleep(5000)
        continue
      }
      const ended = await this.#ended(job)
      if (ended?.status !== 'succeeded') this.faults.push(`the last job ended as ${ended?.status}`)
      await this.read(Number.POSITIVE_INFINITY)
      if (this.#options.acknowledges) await this.acknowledge(0)
      return
    }
    this.faults.push('no last job could be started')
  }

  async #startLive(
    step: number,
    { key, body, query, detach }: { key: string; body: string; query: string; detach: boolean },
  ): Promise<void> {
    const abort = new AbortController()
    const response = await this.#call(`/v1/jobs${query}`, {
      method: 'POST',
      body,
      headers: { 'idempotency-key': key, accept: 'application/x-ndjson' },
      signal: abort.signal,
    })
    if (response.status !== 200) return this.#refused('live POST', await response.json())
    const jobId = Number(response.headers.get('location')?.split('/').at(-1))
    const epoch = response.headers.get('log-epoch') ?? ''
    // It leaves after a few messages, and may read on or not: the job may end without it.
    const before = this.states
    const job = this.#hold(step, jobId, epoch, before, detach, isReplayed(response))
    await take(response, job.log.lines, 5)
    abort.abort()
    this.#keepStates(job)
    this.#request = { body, before, key, epoch, since: step }
  }

  #keepStates({ log }: HeldJob): void {
    this.states = this.#ofIncremental(statesAmong(log.lines, this.states))
  }

  #ofIncremental(states: readonly object[]): object[] {
    return states.filter((state) => this.#options.incremental.includes(streamOf(state)))
  }

  #hold(
    since: number,
    jobId: number,
    epoch: string,
    before: readonly object[],
    isWanted: boolean,
    isOlder: boolean,
  ): HeldJob {
    const log = { epoch, lines: [], acknowledged: 0 }
    this.logs.push(log)
    this.#job = { jobId, path: `/v1/jobs/${jobId}`, epoch, log, since, isWanted, isOlder, hasEnded: false, before }
    this.#held.set(ofJob(epoch), this.#job)
    return this.#job
  }

  /** The log has been read to its end. */
  async #look(job: HeldJob): Promise<void> {
    const response = await this.#call(`${job.path}?epoch=${encodeURIComponent(job.epoch)}`)
    if (response.status !== 200) return this.#lose(response, job)
    const { status, failure } = (await response.json()) as JobBody
    job.hasEnded = endedStatuses.has(status)
    const isDamaged = failure?.code === 'log_damaged' && this.#options.losses.hasDamaged(job.jobId)
    if (status === 'failed' && !isDamaged && !this.#options.mayFail?.(failure?.code ?? ''))
      this.faults.push(`a job failed: ${failure?.code} ${failure?.message}`)
    if (status !== 'cancelled' || this.#cancelled.has(ofJob(job.epoch)) || this.#options.losses.covers(job.since))
      return
    // One that needs a reader may have been without one for too long.
    if (job.isWanted || !failure?.message.includes('hung up'))
      this.faults.push(`a job that nobody cancelled was cancelled: ${failure?.message}`)
  }

  /** @returns undefined when there is no such job any more */
  async #ended(job: HeldJob): Promise<JobBody | undefined> {
    for (;;) {
      const response = await this.#call(`${job.path}?wait=60`)
      if (response.status === 404) return undefined
      const body = (await response.json()) as JobBody
      if (endedStatuses.has(body.status)) return body
    }
  }

  async #lose(response: Response, job: HeldJob): Promise<void> {
    const { code } = (await response.json()) as { code?: string }
    this.#loseBy(code, job)
  }

  /** Something that it held, or the whole job, is no more: it goes on from what it has stored, with another one. */
  #loseBy(code: string | undefined, job: HeldJob): void {
    if (code === 'ack_superseded') return
    const { losses } = this.#options
    const isGone = code === 'job_not_found' && losses.covers(job.since)
    // A job that was there before may be told as rewound for what was lost before this client found it.
    const mayBeRewound = job.isOlder ? losses.count > 0 : losses.since(job.since)
    const isRewound = rewoundCodes.has(code ?? '') && mayBeRewound
    const isDamaged = code === 'log_damaged' && losses.hasDamaged(job.jobId)
    if (!isGone && !isRewound && !isDamaged) this.faults.push(`${job.path} answered ${code} though nothing was lost`)
    this.#held.delete(ofJob(job.epoch))
    this.#job = undefined
  }

  #refused(what: string, answer: unknown): void {
    const { code } = answer as { code?: string }
    // A job that is joined is read from its beginning.
    const isDamaged = code === 'log_damaged' && this.#options.losses.damages > 0
    if (code !== 'connection_busy' && !isDamaged) this.faults.push(`${what} answered ${code}`)
  }

  #call(path: string, init?: RequestInit): Promise<Response> {
    return this.#options.service.call(this.#options.tenant, path, init)
  }
}

const ofJob = (epoch: string): string => epoch.split('.')[0] ?? ''

/** Adds whole lines of a body to those held. Returns whether it came to its end. @param most lines to be added */
async function take(response: Response, lines: string[], most: number): Promise<boolean> {
  let rest = ''
  let taken = 0
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const pieces = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = pieces.pop() ?? ''
      for (const line of pieces.filter((piece) => piece !== '')) {
        if (taken === most) return false
        lines.push(line)
        taken++
      }
    }
    return true
  } catch {
    // Cut: what came whole is held.
    return false
  }
}

/** Each state by its stream, in the order of the names. */
function namesAndStates(states: readonly object[]): string {
  const texts = states.map((state) => {
    const { stream } = state as { stream: { stream_descriptor: { name: string }; stream_state: unknown } }
    return `${stream.stream_descriptor.name} ${JSON.stringify(stream.stream_state)}`
  })
  return texts.toSorted().join('; ')
}

/** Whether the job that a POST led to had been made before. */
const isReplayed = ({ headers }: Response): boolean => headers.get('idempotent-replayed') === 'true'
