import type { Clock } from '../clock.ts'
import type { IntercomClient } from '../intercom/client.ts'
import { readWorkspace } from '../intercom/endpoints/workspace.ts'
import { createRedact } from '../redaction.ts'
import { positionWithLists, toKnownFailure } from '../stored/progress.ts'
import { isUnknown } from '../streams/unknown-streams.ts'
import type { Commit, Position, SyncOutcome } from './contract/commit.ts'
import { Rest } from './contract/rest.ts'
import type { Walk } from './contract/walk.ts'
import { createFingerprints, type Fingerprints } from './delivered/fingerprints.ts'
import { complete, endUnknown, failForRefusal, failForSpool, type StreamEnds, stateOf } from './end-stream.ts'
import { requestWarnings } from './output/catalog-warnings.ts'
import { createOutbox } from './output/outbox.ts'
import { bytesPerState, stateDueAt } from './output/state-spacing.ts'
import { createStreamRun, hasFinished, type StreamRun, streamProgress, streamRunJson } from './output/stream-run.ts'
import { createMovement, type Movement } from './pages/movement.ts'
import { findSkippedStreams, withoutStreams } from './skipped-streams.ts'
import { type AttemptLists, createGrowingLists } from './state/growing-lists.ts'
import { readPosition, SyncPosition } from './state/position-schema.ts'
import { workspaceOf } from './state/workspace.ts'
import { openWalks, type WalksInput } from './walks/open-walks.ts'
import { createEventQueue, type WalkEvent } from './walks/walk-events.ts'

export interface SyncInput extends WalksInput {
  /** Where the last durable commit of this job ended; absent on a first attempt. */
  position?: Position
  /** What the position's lists had grown by then: the `growth` of all commits so far, in order. @defaultValue nothing */
  growth?: readonly unknown[]
  /** The records that earlier attempts in this process have made durable, in place of `replay`. @defaultValue none */
  fingerprints?: Fingerprints
  /** What the log may hold, bytes after compression. @defaultValue there is no limit */
  logLimitBytes?: number
  /** Told how to ask whether another attempt could go on from here. @defaultValue nobody asks */
  onOpened?: (canGoOnElsewhere: () => boolean) => void
  /** Is told whose data this is before any of it is delivered; may refuse it. @defaultValue nobody asks */
  onWorkspace?: (workspaceId: string) => Promise<void>
}

/** An attempt under way. */
interface OpenSync extends StreamEnds {
  walks: Walk[]
  movement: Movement
  growing: AttemptLists
  clock: Clock
  client: IntercomClient
  fingerprints: Fingerprints
  /** When a STATE is due, ms of the monotonic clock. */
  stateDueAt: (run: StreamRun) => number
  /** The end of the rate limit's window that has been reported to readers, ms since the epoch. */
  rateLimitTold: number
  /** Whether it has been reported to readers that clocks disagree. */
  clocksTold: boolean
  /** Streams of the catalog that the job leaves out. */
  skipped: readonly string[]
}

/** How often an idle sync checks whether it is waiting for the rate limit. */
const IDLE_LOOK_MS = 1000

/**
 * Runs one attempt of a sync. Call `next()` only after the last commit is durable; fetching continues meanwhile.
 *
 * @throws CodedError when the attempt cannot continue; `errorTable[code].retryable` says whether another attempt may
 */
export async function* runSync(asked: SyncInput): AsyncGenerator<Commit, SyncOutcome, void> {
  const { clock, signal } = asked
  const before = asked.position && readPosition(SyncPosition, asked.position, 'the job')
  const skipped = await findSkippedStreams(asked, before)
  const input = withoutStreams(asked, skipped.names)
  const attempt = openSync(input, before, skipped.names)
  const { outbox, runs, fingerprints } = attempt
  const takeCommit = () => {
    const hasMoved = attempt.movement.hasMoved(!outbox.holdsMessages())
    const growth = attempt.growing.growth()
    const commit = outbox.takeCommit(positionOf(attempt, before), [...runs.values()].map(streamProgress), hasMoved)
    if (!commit) return undefined
    attempt.growing.grown()
    return {
      ...commit,
      ...(growth && { growth }),
      fingerprints: fingerprints.added(),
      ...(skipped.names.length > 0 && { skippedStreams: skipped.names }),
    }
  }
  function* present(commit: Commit | undefined): Generator<Commit, void, void> {
    if (!commit) return
    yield commit
    fingerprints.keep()
    outbox.kept()
  }

  // The first line is sent before Intercom is asked for anything but the permissions.
  if (skipped.warning !== undefined) outbox.log('WARN', skipped.warning)
  announce(attempt, input)
  yield* present(takeCommit())

  input.onOpened?.(() => attempt.walks.every((walk) => !walk.mustFinish?.()))
  const { walks, workspace } = await openWalks(input, attempt, before)
  attempt.walks = walks
  attempt.movement = createMovement(walks)
  // The walks have begun; what they bring waits until it is clear whose workspace this is.
  const events = createEventQueue(attempt.walks, clock)
  const { id: workspaceId } = await workspace
  if (workspaceId !== undefined) {
    await input.onWorkspace?.(workspaceId)
    attempt.workspaceOf = () => workspaceId
  }
  for (;;) {
    const open = [...runs.values()].filter(isOpen)
    // What has come already goes into the same commit. Nothing else is waited for.
    const isDue = outbox.isDue()
    const wakeAt = isDue
      ? Number.NEGATIVE_INFINITY
      : Math.min(outbox.dueAt(), clock.monotonic() + IDLE_LOOK_MS, ...open.map(attempt.stateDueAt))
    const next = await events.next(wakeAt).catch((error: unknown) => ({ kind: 'failed' as const, error }))
    if (signal.reason instanceof Rest) {
      tellRateLimit(attempt)
      tellStates(attempt)
      yield* present(takeCommit())
    }
    signal.throwIfAborted()
    if (next.kind === 'failed') {
      // Everything taken so far is whole and can be kept; the attempt fails after this commit.
      yield* present(takeCommit())
      throw next.error
    }
    if (next.kind === 'finished') break
    if (next.kind === 'event') await handle(attempt, next.event, input.config.api_version)
    else if (!isDue) tellRateLimit(attempt)
    tellClocks(attempt)
    tellStates(attempt)
    if (next.kind === 'event' ? outbox.isFull() : outbox.isDue()) yield* present(takeCommit())
  }
  endUnknown(attempt)
  yield* present(takeCommit())
  return { streams: [...runs.values()].map(streamProgress), ...(attempt.failure && { failure: attempt.failure }) }
}

function openSync(input: SyncInput, before: SyncPosition | undefined, skipped: readonly string[]): OpenSync {
  const { catalog, clock, client, fingerprints = createFingerprints() } = input
  fingerprints.takeBack()
  const runs = new Map<string, StreamRun>()
  for (const { stream } of catalog.streams) {
    const json = before?.runs.find((run) => run.name === stream.name)
    runs.set(stream.name, createStreamRun(stream.name, clock, json))
  }
  const outbox = createOutbox(runs, clock, before?.emittedAt ?? 0, createRedact(input.config))
  const givenOf = (name: string) => workspaceOf(input.states[name])
  const shared = { outbox, runs, clock, client, fingerprints, workspaceOf: givenOf }
  const mostBytes = bytesPerState(catalog.streams.length, input.logLimitBytes)
  const told = { rateLimitTold: 0, clocksTold: before?.clocksTold ?? false, skipped }
  return {
    ...shared,
    walks: [],
    movement: createMovement([]),
    growing: createGrowingLists(input.growth ?? []),
    stateDueAt: (run) => stateDueAt(run, mostBytes),
    failure: before?.failure && toKnownFailure(before.failure),
    ...told,
  }
}

/** Reports STARTED for every stream that no earlier attempt has started. */
function announce({ outbox, runs }: OpenSync, input: SyncInput): void {
  const fresh = [...runs.values()].filter((run) => run.status === undefined)
  for (const run of fresh) outbox.status(run, 'STARTED')
  if (fresh.length > 0) for (const warning of requestWarnings(input)) outbox.log('WARN', warning)
}

function positionOf(attempt: OpenSync, before: SyncPosition | undefined): Position {
  const walks = Object.fromEntries(
    attempt.walks.flatMap((walk) => {
      const [name, position] = [walk.streamNames[0], walk.position()]
      return name === undefined || position === undefined ? [] : [[name, position]]
    }),
  )
  const position: SyncPosition = {
    ...((before?.v || attempt.growing.areThere()) && { v: positionWithLists }),
    emittedAt: attempt.outbox.emittedAt(),
    runs: [...attempt.runs.values()].map((run) => streamRunJson(run, attempt.clock)),
    walks: { ...before?.walks, ...walks },
    ...(attempt.failure && { failure: attempt.failure }),
    ...(attempt.clocksTold && { clocksTold: true }),
    ...(attempt.skipped.length > 0 && { skipped: [...attempt.skipped] }),
  }
  return { ...position }
}

async function handle(attempt: OpenSync, event: WalkEvent, version: string | undefined): Promise<void> {
  const { walk } = event
  if (event.kind === 'arrival') {
    event.arrival.take(attempt.outbox)
    attempt.movement.note()
    attempt.outbox.hold()
  } else if (event.kind === 'ended') for (const run of runsOf(attempt, walk)) complete(attempt, run, walk)
  else if (event.kind === 'unspooled')
    for (const run of runsOf(attempt, walk)) failForSpool(attempt, run, walk, event.error)
  else {
    // If the token has been revoked meanwhile, the permission for this stream is not the cause.
    await readWorkspace(attempt.client, version)
    for (const run of runsOf(attempt, walk)) failForRefusal(attempt, run, walk, event.error)
  }
}

/** Whether something is still to come of a stream. */
function isOpen(run: StreamRun): boolean {
  return !hasFinished(run) && !isUnknown(run.name)
}

/** Emits a STATE for every stream that is due one, either because of its records or to break a long silence. */
function tellStates(attempt: OpenSync): void {
  for (const walk of attempt.walks)
    for (const run of runsOf(attempt, walk)) {
      if (hasFinished(run) || attempt.clock.monotonic() < attempt.stateDueAt(run)) continue
      if (run.status === 'STARTED') attempt.outbox.status(run, 'RUNNING')
      attempt.outbox.state(run, stateOf(attempt, run, walk))
    }
}

/** Reports once per window that the sync waits for Intercom's rate limit. */
function tellRateLimit(attempt: OpenSync): void {
  const until = attempt.client.budget.waitingUntil()
  // Every look calculates the end of the same wait anew, with a slightly different result.
  if (until === undefined || until <= attempt.rateLimitTold + IDLE_LOOK_MS) return
  attempt.rateLimitTold = until
  for (const run of attempt.runs.values())
    if (isOpen(run)) attempt.outbox.status(run, 'RUNNING', { quotaResetMs: Math.ceil(until) })
}

/** Reports once per job that clocks disagree. */
function tellClocks(attempt: OpenSync): void {
  const message = attempt.clocksTold ? undefined : attempt.client.clockDisagreement()
  if (message === undefined) return
  attempt.clocksTold = true
  attempt.outbox.log('WARN', message)
}

function runsOf({ runs }: OpenSync, walk: Walk): StreamRun[] {
  return walk.streamNames.flatMap((name) => runs.get(name) ?? [])
}
