import type { Clock } from '../../clock.ts'
import { errorTable } from '../../error-table.ts'
import { CodedError } from '../../errors.ts'
import { FailingError, RefusedError } from '../answers/failures.ts'
import { OtherFormError, scanList } from '../answers/own-list.ts'
import type { IntercomClient } from '../client.ts'
import type { RecordShape, ScannedAnswer } from '../text/record-scanner.ts'
import { countListed } from './companies-list.ts'

/** A scroll is closed by Intercom after a minute without a request; there is no way to close it oneself. */
const FOREIGN_SCROLL_LOOK_MS = 10_000
/** How long to wait for a scroll that somebody else has open before giving up on it. */
const FOREIGN_SCROLL_PATIENCE_MS = 15 * 60_000
/** A scroll cannot be resumed. One that breaks this often without coming to its end never will. */
const MOST_STARTS = 10
/** One that comes to its end too early is believed the second time. */
const MOST_ENDS = 2

/** Another client has the workspace's one scroll open, and keeps it. */
export class ScrollHeldError extends CodedError {
  constructor(message: string) {
    super('intercom_unavailable', message)
    this.name = 'ScrollHeldError'
  }
}

export interface ScrollOptions {
  client: IntercomClient
  path: string
  version: string
  /** `id` must be among the members. */
  shape: RecordShape
  clock: Clock
  signal: AbortSignal
  /** Called when the scroll has broken and begins again. */
  onRestart: () => void
  /** Called when it has come to its end twice, and fewer companies came than Intercom counts at least. */
  onShort: (came: number, counted: number) => void
  /** How long to wait for a scroll that somebody else has open, ms. @defaultValue 15 minutes */
  patienceMs?: number | undefined
}

/**
 * Reads a workspace's scroll to its end, page after page without a pause: 60 s idle ends it. When it breaks (500, 404
 * because it has expired, an answer that did not arrive whole) it starts again from the beginning, so pages come again:
 * the reader drops what it has had. A scroll that is lost just behind an empty page looks as if it had come to its end:
 * when fewer companies came than the list counts, it is read once more.
 *
 * @throws ScrollHeldError when another client's scroll stays open
 * @throws CodedError `intercom_unavailable` when the scroll breaks again and again
 */
export async function* readScroll(options: ScrollOptions): AsyncGenerator<ScannedAnswer, void, void> {
  // Asked before the scroll begins: companies that are created meanwhile are no shortage.
  const counted = (await countListed(options)) ?? 0
  const ids = new Set<string>()
  let ends = 0
  for (let start = 1; ; start++) {
    try {
      for await (const page of readOnce(options)) {
        for (const id of idsOf(page)) ids.add(id)
        yield page
      }
      if (ids.size >= counted) return
      ends++
      if (ends === MOST_ENDS) {
        options.onShort(ids.size, counted)
        return
      }
      options.onRestart()
    } catch (error) {
      options.signal.throwIfAborted()
      if (!isBroken(error) || start === MOST_STARTS) throw error
      options.onRestart()
    }
  }
}

/**
 * An empty page is the end by Intercom's documents, but pages with companies have been seen behind one (singer's tap,
 * #77): the end is believed when what follows is the 404 of a scroll that is closed, or empty too.
 */
async function* readOnce(options: ScrollOptions): AsyncGenerator<ScannedAnswer, void, void> {
  let page: ScannedAnswer | undefined = await openScroll(options)
  let wasEmpty = false
  while (page) {
    const isEmpty = page.records?.length === 0
    if (isEmpty && wasEmpty) return
    if (!isEmpty) yield page
    page = await askScroll(options, String(page.envelope('scroll_param'))).catch((error: unknown) => {
      if (isEmpty && isGone(error)) return undefined
      throw error
    })
    wasEmpty = isEmpty
  }
}

function idsOf({ body, records = [] }: ScannedAnswer): string[] {
  return records.flatMap(({ members }) => {
    const id = members.get('id')
    return id ? [body.toString('latin1', id.start, id.end)] : []
  })
}

/** Opens the one scroll that a workspace can have, waiting while somebody else has it. */
async function openScroll(options: ScrollOptions): Promise<ScannedAnswer> {
  const { clock, signal, patienceMs = FOREIGN_SCROLL_PATIENCE_MS } = options
  const giveUpAt = clock.monotonic() + patienceMs
  for (;;) {
    try {
      return await askScroll(options)
    } catch (error) {
      if (!isHeldByOthers(error)) throw error
      if (clock.monotonic() >= giveUpAt) {
        throw new ScrollHeldError(`another application keeps ${options.path} open in this workspace`)
      }
      await clock.sleep(FOREIGN_SCROLL_LOOK_MS, signal)
    }
  }
}

/**
 * The scroll moves on with every answer under one and the same `scroll_param`: asked again for a page that was lost on
 * its way, it gives the next one, and nobody would know. So there is one try; a 429 has cost no page and is none.
 */
function askScroll({ client, path, version, shape }: ScrollOptions, scrollParam?: string): Promise<ScannedAnswer> {
  const moved = scrollParam === undefined ? {} : { query: { scroll_param: scrollParam }, tries: 1 }
  return client.ask({ method: 'GET', path, version, ...moved }, ({ body }) => {
    const answer = scanList(body, shape, path)
    // Every page of a scroll names how it goes on: one that does not is no end, it is somebody else's.
    if (typeof answer.envelope('scroll_param') !== 'string') throw new OtherFormError(path)
    return answer
  })
}

/** Told by its code, or, as singer's tap has seen it, by 423 alone. */
function isHeldByOthers(error: unknown): boolean {
  if (error instanceof RefusedError) return error.isOfScroll
  return error instanceof FailingError && error.status === 423
}

function isGone(error: unknown): boolean {
  return error instanceof RefusedError && error.gone
}

/** 500 asks for a new scroll in so many words; an expired one is 404; of any other failure nobody knows what it cost. */
function isBroken(error: unknown): boolean {
  if (error instanceof RefusedError) return isGone(error)
  return error instanceof CodedError && errorTable[error.code].retryable && !(error instanceof ScrollHeldError)
}
