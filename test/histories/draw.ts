import fc from 'fast-check'
import type { Fault } from '../../simulator/faults/fault.ts'
import { type WrongDate, wrongDates } from '../support/wrong-clocks.ts'
import { drawForeignAnswers } from './foreign-draw.ts'
import type { BadPlace, Change, History, JobPlan, WorkspaceTraits, WrongClocks } from './history.ts'
import { canBeIncremental, changeKinds, otherStreams, rootOf, sharedWalks } from './streams.ts'

/** What can go wrong in a history; each can be selected alone. */
export const troubles = [
  'small-pages',
  'ahead',
  'lag',
  'bad-pages',
  'short',
  'cursors',
  'lists',
  'scroll',
  'passing',
  'clocks',
  'foreign',
] as const
export type Trouble = (typeof troubles)[number]

/** Restricts the histories that are drawn. */
export interface Focus {
  /** @defaultValue all */
  troubles?: ReadonlySet<Trouble>
  /** Streams to be read; streams of one walk go together. @defaultValue any */
  streams?: readonly string[]
}

const minute = 60_000
const nothing = <Value>(value: Value) => fc.constant(value)

/** Histories that shrink well: few records, few jobs, no trouble. */
export function histories(focus: Focus = {}): fc.Arbitrary<History> {
  const has = (trouble: Trouble) => focus.troubles?.has(trouble) ?? true
  const isRead = (stream: string) => focus.streams?.includes(stream) ?? true
  const walks = sharedWalks.filter((names) => names.some(isRead))
  const others = otherStreams.filter(isRead)
  return fc
    .record({
      pairs: fc.subarray(walks.map((names) => [...names])),
      others: fc.subarray([...others]),
    })
    .map(({ pairs, others }) => [...pairs.flat(), ...others])
    .filter((streams) => streams.length > 0)
    .chain((streams) =>
      fc.record({
        workspace: drawWorkspace(streams, has),
        modes: fc.record(
          Object.fromEntries(
            streams.map((stream) => [
              stream,
              canBeIncremental(stream)
                ? fc.oneof(
                    { weight: 4, arbitrary: fc.constant('incremental' as const) },
                    { weight: 1, arbitrary: fc.constant('full_refresh' as const) },
                  )
                : fc.constant('full_refresh' as const),
            ]),
          ),
        ),
        jobs: fc.array(drawJob(streams, has), { minLength: 1, maxLength: 4, size: 'max' }),
      }),
    )
}

function drawWorkspace(streams: readonly string[], has: (trouble: Trouble) => boolean): fc.Arbitrary<WorkspaceTraits> {
  const roots = new Set(streams.map(rootOf))
  const upTo = (stream: string, max: number) =>
    roots.has(stream) ? fc.oneof(fc.nat({ max: 6 }), fc.nat({ max })) : nothing(0)
  return fc.record({
    seed: fc.nat({ max: 999 }),
    version: fc.constantFrom('2.17' as const, '2.16' as const, '2.11' as const),
    isPinned: fc.boolean(),
    timezone: fc.constantFrom('UTC', 'America/New_York', 'Pacific/Kiritimati', 'Australia/Lord_Howe'),
    spanSeconds: fc.constantFrom(600, 86_400, 40 * 86_400, 5),
    contacts: upTo('contacts', 60),
    conversations: roots.has('conversations')
      ? // The children of more than fifty parents come in three batches, so a page can be under way at two places.
        fc.oneof(
          { weight: 2, arbitrary: fc.nat({ max: 6 }) },
          { weight: 1, arbitrary: fc.nat({ max: 40 }) },
          { weight: 1, arbitrary: fc.integer({ min: 51, max: 70 }) },
        )
      : nothing(0),
    tickets: upTo('tickets', 30),
    companies: upTo('companies', 20),
    activityLogs: upTo('activity_logs', 20),
    parts: fc.integer({ min: 1, max: 4 }),
    largestPage: fc.oneof(nothing(150), fc.integer({ min: has('small-pages') ? 1 : 8, max: 10 })),
    recordsPerSlice: fc.option(fc.integer({ min: 3, max: 20 }), { freq: 2 }),
    aheadOfIndex: has('ahead') ? fc.constantFrom(0, 0.3, 1) : nothing(0),
    cursorsOpaque: fc.boolean(),
    inclusiveBounds: fc.boolean(),
    latencyMs: fc.constantFrom(100, 3_000, 12_000),
  })
}

function drawJob(streams: readonly string[], has: (trouble: Trouble) => boolean): fc.Arbitrary<JobPlan> {
  const roots = [...new Set([...streams.map(rootOf), ...(streams.includes('company_segments') ? ['segments'] : [])])]
  const changing = roots.filter((root) => Object.hasOwn(changeKinds, root))
  const change = changing.length === 0 ? undefined : drawChange(changing, has)
  const chosen = fc.oneof(
    { weight: 3, arbitrary: fc.shuffledSubarray([...streams], { minLength: streams.length }) },
    { weight: 1, arbitrary: fc.shuffledSubarray([...streams], { minLength: 1 }) },
  )
  const searched = roots.filter((root) => ['contacts', 'conversations', 'tickets'].includes(root))
  return fc.record({
    waitMs: fc.oneof(
      fc.integer({ min: 0, max: 30_000 }),
      fc.constantFrom(5 * minute, 20 * minute, 120 * minute, 25 * 60 * minute),
    ),
    streams: chosen,
    before: change ? fc.array(change, { maxLength: 5 }) : nothing([]),
    during: change
      ? fc.array(fc.record({ after: fc.integer({ min: 1, max: 40 }), change }), { maxLength: 5 })
      : nothing([]),
    badPlaces: has('bad-pages') && searched.length > 0 ? rarely(drawBadPlace(searched), 2) : nothing([]),
    faults: fc
      .tuple(drawFaults(streams, searched, has), drawForeignAnswers(has))
      .map(([faults, foreign]) => [...faults, ...foreign]),
    kills: fc.oneof({ weight: 3, arbitrary: nothing<number[]>([]) }, fc.array(commits, { minLength: 1, maxLength: 2 })),
    slowCommits: fc.boolean(),
    lookback: fc.constantFrom(0, 0, 0, 1),
    stopAfter: fc.option(commits, { freq: 3 }),
    keep: fc.record(Object.fromEntries(streams.map((stream) => [stream, fc.oneof(nothing(0), fc.nat({ max: 5 }))]))),
    clocks: has('clocks') ? fc.option(drawClocks(), { freq: 2 }) : nothing(null),
  })
}

/** One source of the time is right: if Date is always wrong, the machine's clock is right. */
function drawClocks(): fc.Arbitrary<WrongClocks> {
  const date = fc.constantFrom(...(Object.keys(wrongDates) as WrongDate[]))
  const always = fc.record({
    date,
    often: nothing('always' as const),
    after: nothing(0),
    on: nothing('as they are' as const),
  })
  const atTimes = fc.record({
    date,
    often: fc.constantFrom('once' as const, 'sometimes' as const),
    after: fc.oneof(nothing(0), fc.nat({ max: 30 })),
    on: fc.constantFrom('as they are' as const, 'refused for the rate limit' as const, 'of somebody else' as const),
  })
  const machine = fc.record({
    aheadMs: fc.constantFrom(-1440, -120, -20, 0.5, 30, 120, 1440, 525_600).map((minutes) => minutes * minute),
    jumpsAfterMs: fc.oneof(nothing(0), fc.nat({ max: 60_000 })),
  })
  return fc.oneof(
    fc.record({ dates: always, machine: nothing(null) }),
    fc.record({ dates: fc.option(atTimes, { freq: 2 }), machine: fc.option(machine, { freq: 2 }) }),
  )
}

const commits = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 40 }))

/** In one job of three, one or more. */
const rarely = <Value>(arbitrary: fc.Arbitrary<Value>, maxLength: number): fc.Arbitrary<Value[]> =>
  fc.oneof({ weight: 2, arbitrary: nothing<Value[]>([]) }, fc.array(arbitrary, { minLength: 1, maxLength }))

function drawChange(changing: readonly string[], has: (trouble: Trouble) => boolean): fc.Arbitrary<Change> {
  return fc.constantFrom(...changing).chain((stream) =>
    fc.record({
      stream: nothing(stream),
      kind: fc.constantFrom(...(changeKinds[stream] ?? [])),
      count: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.integer({ min: 4, max: 15 })),
      lag: has('lag')
        ? fc.oneof(
            nothing(0),
            fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
          )
        : has('ahead')
          ? fc.constantFrom(0, 0.1, 0.9)
          : nothing(0),
      beyond: has('lag') ? fc.oneof({ weight: 4, arbitrary: nothing(false) }, nothing(true)) : nothing(false),
    }),
  )
}

function drawBadPlace(searched: readonly string[]): fc.Arbitrary<BadPlace> {
  return fc.record({
    stream: fc.constantFrom(...searched),
    place: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
    abovePerPage: fc.constantFrom(0, 1, 10),
  })
}

/** The faults that single requests of a job meet. */
function drawFaults(
  streams: readonly string[],
  searched: readonly string[],
  has: (trouble: Trouble) => boolean,
): fc.Arbitrary<Fault[]> {
  const paths = searched.map((stream) => `/${stream}/search`)
  const lists = ['tags', 'notes', 'companies', 'subscriptions'].map((list) => `/contacts/:id/${list}`)
  const empty = { body: { type: 'list', data: [] } }
  const possible: Fault[] = []
  for (const path of paths) {
    if (has('cursors')) possible.push({ match: { path, paged: true }, status: 400 })
    const key = path.startsWith('/contacts') ? 'data' : (path.split('/')[1] ?? '')
    const nothing = { body: { type: 'list', [key]: [], total_count: 0, pages: { type: 'pages' } } }
    if (has('short'))
      possible.push(
        { match: { path }, ...nothing },
        { match: { path }, endsEarly: true },
        { match: { path }, lacks: 1 },
        // It is just as short when requested again, so only the count of the slice shows the fault.
        { match: { path }, lacks: 3, repeat: 2 },
      )
    if (has('passing')) possible.push({ match: { path }, status: 503 }, { match: { path }, reset: 'mid-body' })
  }
  if (has('short') && streams.includes('activity_logs')) {
    const pages = { type: 'pages', next: '/?page=9', page: 8, per_page: 250, total_pages: 9 }
    const body = { type: 'activity_log.list', pages, activity_logs: [] }
    for (const path of ['/admins/activity_logs', '/admins/activity_logs/search'])
      possible.push(
        { match: { path }, body },
        { match: { path }, body: { ...body, pages: {} } },
        { match: { path }, lacks: 3, repeat: 2 },
      )
  }
  if (has('lists')) {
    if (streams.includes('contacts')) for (const path of lists) possible.push({ match: { path }, ...empty })
    if (streams.includes('company_segments')) possible.push({ match: { path: '/companies/:id/segments' }, ...empty })
    if (streams.includes('tickets')) possible.push({ match: { path: '/tickets/search' }, nulls: 'ticket_parts' })
  }
  if (has('scroll') && (streams.includes('companies') || streams.includes('company_segments')))
    possible.push({ match: { path: '/companies/scroll' }, endsScroll: true })
  if (possible.length === 0) return nothing([])
  const fault = fc
    .record({ fault: fc.constantFrom(...possible), skip: fc.nat({ max: 6 }) })
    .map(({ fault, skip }) => ({ ...fault, ...(skip > 0 && { skip }) }))
  // If an answer says twice that it is empty, or null, then it is so: nobody could know better.
  const isClaim = ({ body, nulls }: Fault) => body !== undefined || nulls !== undefined
  const isCredible = (one: Fault, place: number, all: Fault[]) =>
    !isClaim(one) || all.findIndex((other) => isClaim(other) && other.match?.path === one.match?.path) === place
  return rarely(fault, 2).map((faults) => faults.filter(isCredible))
}
