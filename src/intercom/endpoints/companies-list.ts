import { CodedError } from '../../errors.ts'
import { RefusedError } from '../answers/failures.ts'
import { scanList } from '../answers/own-list.ts'
import type { IntercomClient } from '../client.ts'
import type { RecordShape } from '../text/record-scanner.ts'
import {
  askCountedPage,
  type CountedListOutcome,
  type CountedPage,
  type CountedPart,
  readCountedList,
} from './counted-list.ts'
import type { PagePlace } from './numbered-pages.ts'

const PATH = '/companies/list'
/** Intercom refuses more: "Per Page is too big". */
const PER_PAGE = 60
/** Intercom refuses the pages after so many companies. */
const LIST_CAP = 10_000

interface CompanyListOptions {
  client: IntercomClient
  version: string
  /** `id` and `updated_at` must be among the members. */
  shape: RecordShape
}

/** There are more companies than the list gives, so it cannot stand in for the scroll. */
export class ListCappedError extends CodedError {
  constructor(reason: string) {
    super('intercom_unavailable', `${PATH} gives ${LIST_CAP} companies at most: ${reason}`)
    this.name = 'ListCappedError'
  }
}

/**
 * Reads the list of companies. It is sorted by the time of a company's last request, which moves while the pages are
 * read.
 *
 * @throws ListCappedError when the list cannot be complete; what `readCountedList` throws
 */
export function readCompanyList(options: CompanyListOptions): AsyncGenerator<CountedPart, CountedListOutcome, void> {
  const { client, shape } = options
  const ask = (place: PagePlace, perPage: number) => askPage(options, place, perPage)
  return readCountedList({ client, path: PATH, shape, pageSizes: [PER_PAGE], ask })
}

/** The first page of the list, however many companies there are. @throws what `askCountedPage` throws */
export function lookAtCompanyList({ client, version, shape }: CompanyListOptions): Promise<CountedPage> {
  const query = { page: '1', per_page: String(PER_PAGE), order: 'desc' }
  return askCountedPage(client, { method: 'POST', path: PATH, query, version }, shape)
}

/**
 * How many companies the list has. There are at least so many: the list leaves out those without users. Undefined when
 * Intercom gives no count. It only serves to check the scroll, so it never throws.
 */
export async function countListed({ client, version }: Omit<CompanyListOptions, 'shape'>): Promise<number | undefined> {
  const query = { page: '1', per_page: '1' }
  try {
    return await client.ask({ method: 'POST', path: PATH, query, version }, ({ body }) => {
      const total = scanList(body, { recordsPath: ['data'], members: [] }, PATH).envelope('total_count')
      return typeof total === 'number' ? total : undefined
    })
  } catch {
    return undefined
  }
}

async function askPage(
  { client, version, shape }: CompanyListOptions,
  place: PagePlace,
  perPage: number,
): Promise<CountedPage> {
  const query = { ...place, per_page: String(perPage), order: 'desc' }
  try {
    const page = await askCountedPage(client, { method: 'POST', path: PATH, query, version }, shape)
    if (page.total > LIST_CAP) throw new ListCappedError(`this workspace has ${page.total}`)
    return page
  } catch (error) {
    if (error instanceof RefusedError && isCap(error)) throw new ListCappedError(error.failure.detail)
    throw error
  }
}

/** `bad_request` can mean many things. Only its message names the cap. */
function isCap({ failure }: RefusedError): boolean {
  return failure.status === 400 && failure.intercomCode === 'bad_request' && /page limit/i.test(failure.detail)
}
