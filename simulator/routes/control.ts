import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Fault } from '../faults/fault.ts'
import type { FaultScript } from '../faults/fault-script.ts'
import type { Trap } from '../faults/trap.ts'
import type { Calendar } from '../search/calendar-day.ts'
import type { RequestLog } from '../serving/request-log.ts'
import type { TruthLine, TruthOptions } from '../truth/truth.ts'
import type { Mutation } from '../workspace/mutations.ts'
import type { Workspace } from '../workspace/workspace.ts'

interface ControlDependencies {
  workspace: Workspace
  workspaceDays: Calendar
  faults: FaultScript
  requests: RequestLog
}

const linesAtOnce = 500

/** Names separated by commas; `retyped` as JSON. */
interface TruthQuery {
  version?: string
  streams?: string
  retyped?: string
  completeLists?: 'true' | 'false'
}

function truthOptions({ version, streams, retyped, completeLists }: TruthQuery): TruthOptions {
  return {
    ...(version === undefined ? {} : { version }),
    ...(streams === undefined ? {} : { streams: streams.split(',') }),
    ...(retyped === undefined ? {} : { retyped: JSON.parse(retyped) as NonNullable<TruthOptions['retyped']> }),
    ...(completeLists === undefined ? {} : { completeLists: completeLists === 'true' }),
  }
}

function* textOf(lines: Iterable<TruthLine>): Generator<string> {
  let text = ''
  let count = 0
  for (const line of lines) {
    text += `${JSON.stringify(line)}\n`
    if (++count % linesAtOnce !== 0) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}

/** Endpoints for tests and people, under `/_simulator/`: no token, no limit, no faults. */
export function registerControl(
  app: FastifyInstance,
  { workspace, workspaceDays, faults, requests }: ControlDependencies,
): void {
  app.get('/_simulator/health', () => ({ status: 'ok' }))

  app.get<{ Querystring: TruthQuery }>('/_simulator/truth', ({ query }, reply) =>
    reply
      .type('application/x-ndjson')
      .send(Readable.from(textOf(workspace.truth(truthOptions(query))), { objectMode: false })),
  )

  app.get('/_simulator/requests', () => ({ totals: requests.totals, requests: requests.entries }))

  app.get('/_simulator/changes', () => ({ changes: workspace.changes }))

  app.post<{ Body: { timezone: string } }>('/_simulator/timezone', (request) => {
    workspaceDays.moveTo(request.body.timezone)
    return { timezone: workspaceDays.timeZone }
  })

  app.post<{ Body: Mutation }>('/_simulator/mutate', (request) => ({ ids: workspace.mutate(request.body) }))

  app.post<{ Body: { holdUntil: number } }>('/_simulator/scroll', (request) => {
    workspace.companies.scroll.holdUntil(request.body.holdUntil)
    return { holdUntil: request.body.holdUntil }
  })

  app.post<{ Body: { next?: Fault[]; open?: string; clear?: boolean; traps?: Trap[] } }>(
    '/_simulator/faults',
    (request) => {
      const { next = [], open, clear, traps } = request.body
      if (traps !== undefined) faults.traps = traps
      if (clear) faults.clear()
      if (open !== undefined) faults.open(open)
      faults.next(next)
      return { remaining: faults.remaining }
    },
  )
}
