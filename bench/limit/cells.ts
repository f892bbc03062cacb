/** One sync against a limit and a latency. */
export interface LimitCell {
  name: string
  streams: readonly string[]
  /** Requests per window of 10 s. */
  limit: number
  latencyMs: number
  /** Flags of the simulator: how much there is to read. */
  workspace: readonly string[]
  /** Requests without which the records cannot be had. */
  needed: number
}

const none = { contacts: 0, conversations: 0, companies: 0, tickets: 0 }

/** How much of each there is. An ordinary conversation has up to eight parts. */
function workspaceOf(amounts: Partial<typeof none>): string[] {
  const counts = Object.entries({ ...none, ...amounts }).flatMap(([name, count]) => [`--${name}`, String(count)])
  return [...counts, '--long-conversations', '0', '--activity-logs', '0', '--no-oddities']
}

const pagesOf = (records: number, perPage = 150) => Math.ceil(records / perPage)

function contacts(limit: number, latencyMs: number, count: number): LimitCell {
  const workspace = workspaceOf({ contacts: count })
  // The workspace itself, and one look at what has come meanwhile.
  const needed = pagesOf(count) + 2
  return { name: `contacts-${limit}-${latencyMs}`, streams: ['contacts'], limit, latencyMs, workspace, needed }
}

function parts(limit: number, latencyMs: number, count: number): LimitCell {
  const streams = ['conversations', 'conversation_parts']
  const workspace = workspaceOf({ conversations: count })
  const needed = count + pagesOf(count) + 2
  return { name: `parts-${limit}-${latencyMs}`, streams, limit, latencyMs, workspace, needed }
}

function companySegments(limit: number, latencyMs: number, count: number): LimitCell {
  const streams = ['companies', 'company_segments']
  const workspace = workspaceOf({ companies: count })
  const needed = count + pagesOf(count, 100) + 2
  return { name: `companies-${limit}-${latencyMs}`, streams, limit, latencyMs, workspace, needed }
}

/** Sized to last for 6 windows and more where the limit allows it, and the machine. */
const cells: readonly LimitCell[] = [
  parts(1667, 20, 11_000),
  parts(1667, 100, 11_000),
  parts(1667, 400, 20_000),
  parts(1667, 800, 11_000),
  parts(167, 400, 1_100),
  contacts(1667, 100, 200_000),
  contacts(1667, 400, 200_000),
  contacts(167, 400, 100_000),
  companySegments(1667, 400, 11_000),
]

/** @throws Error for a name that no cell has */
export function cellsNamed(names: readonly string[] | undefined): readonly LimitCell[] {
  if (!names) return cells
  return names.map((name) => {
    const cell = cells.find((known) => known.name === name)
    if (!cell) throw new Error(`there is no cell "${name}": ${cells.map((known) => known.name).join(', ')}`)
    return cell
  })
}
