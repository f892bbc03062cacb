import { buildSimulator, type Simulator } from '../../simulator/app.ts'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { answerDirectly } from '../../simulator/serving/direct.ts'
import { reachInProcess } from './in-process-intercom.ts'

/** A page of contacts as far as the tests look into it. */
export interface ContactPage {
  data: { id: string; updated_at: number; created_at: number; [member: string]: unknown }[]
  total_count: number
  pages: { page: number; per_page: number; total_pages: number; next?: { page: number; starting_after: string } }
}

interface AskOptions {
  token?: string | null
  version?: string
  /** With a body the method is POST. */
  body?: unknown
  method?: string
}

export interface ListeningSimulator extends Simulator {
  url: string
  ask(path: string, options?: AskOptions): Promise<Response>
  /** The body of an answer with status 200, parsed. */
  read<Body>(path: string, options?: AskOptions): Promise<Body>
  /** A search that must succeed. */
  search(body: object, version?: string): Promise<ContactPage>
  /** The ids of every page of a search. */
  walk(body: object, version?: string): Promise<string[]>
  /** Status and error code of a search that must fail. */
  refusal(body: object, version?: string): Promise<{ status: number; code: string; message: string }>
}

/**
 * A simulator on a socket, closed with the test. By the machine's clock, and by one that a test moves by hand, it has no
 * companies that are deleted from the start: Intercom is asked about each a second time, 10 s later.
 */
export async function listenSimulator(
  t: { teardown(close: () => unknown): void },
  options: SimulatorOptions = {},
): Promise<ListeningSimulator> {
  const { clock } = options
  const runsAhead = clock !== undefined && !('untilAsleep' in clock)
  const simulator = buildSimulator({ deletedCompanies: runsAhead, ...options })
  const url = await simulator.app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(async () => {
    await simulator.app.close()
    // A test that expects no harm of a fault would pass without it.
    const { unmet } = simulator.faults
    if (unmet.length > 0) throw new Error(`no request has met these faults: ${JSON.stringify(unmet)}`)
  })
  reachInProcess(t, url, simulator.app.server, (request) => answerDirectly(simulator, request))

  const ask: ListeningSimulator['ask'] = (path, { token = 'simulator-token', version, body, method } = {}) =>
    fetch(url + path, {
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(version === undefined ? {} : { 'intercom-version': version }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })

  const read = async <Body>(path: string, options?: AskOptions): Promise<Body> => {
    const response = await ask(path, options)
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
    return (await response.json()) as Body
  }

  const search = async (body: object, version = '2.17'): Promise<ContactPage> => {
    const response = await ask('/contacts/search', { body, version })
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
    return (await response.json()) as ContactPage
  }

  const walk = async (body: object, version?: string): Promise<string[]> => {
    const ids: string[] = []
    let page = await search({ ...body, pagination: { per_page: 150 } }, version)
    for (;;) {
      ids.push(...page.data.map(({ id }) => id))
      const { next } = page.pages
      if (next === undefined) return ids
      const pagination = { per_page: 150, starting_after: next.starting_after }
      page = await search({ ...body, pagination }, version)
    }
  }

  const refusal = async (
    body: object,
    version = '2.17',
  ): Promise<{ status: number; code: string; message: string }> => {
    const response = await ask('/contacts/search', { body, version })
    const { errors = [] } = (await response.json()) as { errors?: { code: string; message: string }[] }
    return { status: response.status, code: errors[0]?.code ?? '', message: errors[0]?.message ?? '' }
  }

  return { ...simulator, url, ask, read, search, walk, refusal }
}
