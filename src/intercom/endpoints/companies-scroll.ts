import type { Clock } from '../../clock.ts'
import { errorTable } from '../../error-table.ts'
import { CodedError } from '../../errors.ts'
import { FailingError, RefusedError } from '../answers/failures.ts'
import { OtherFormError, scanList } from '../answers/own-list.ts'
import type { IntercomClient } from '../client.ts'
import type { RecordShape, ScannedAnswer } from '../text/record-scanner.ts'
import { countListed } from './companies-list.ts'

/** How often to check whether another client's scroll is over: Intercom closes it after a minute without a request. */
const FOREIGN_SCROLL_LOOK_MS = 10_000
/** How long to wait for another client's scroll. */
const FOREIGN_SCROLL_PATIENCE_MS = 15 * 60_000
/** A scroll cannot be resumed. After it has broken this often without coming to its end, it is given up. */
const MOST_STARTS = 10
/** A scroll that ends too early is read once more, then we trust it. */
const MOST_ENDS = 2

/** Companies on a page of the scroll, as seen; no document says so. */
const USUAL_PAGE = 100

/** The requests that a scroll of so many companies takes: a count before it, and two empty pages at its end. */
export function scrollRequests(companies: number): number {
  return 1 + Math.ceil(companies / USUAL_PAGE) + 2
}

/** Another client has the workspace's one scroll open, and keeps it. */
export class ScrollHeldError extends CodedError {
  constructor(message: string) {
    super('intercom_unavailable', message)
    this.name = 'ScrollHeldError'
  }
}

interface ScrollOptions {
  client: IntercomClient
  path: string
  version: string
  /** `id` must be among the members. */
  shape: RecordShape
  clock: Clock
  signal: AbortSignal
  /** Called when the scroll has broken and begins again. */
  onRestart: () => void
  /** Called when it has ended twice with fewer companies than Intercom counts. */
  onShort: (came: number, counted: number) => void
  /** How long to wait for another client's scroll, ms. @defaultValue 15 minutes */
  patienceMs?: number | undefined
  /** Told how long another client's scroll is waited for, ms since the epoch; undefined when the wait is over. */
  onHeld?: ((until: number | undefined) => void) | undefined
}

/**
 * Reads a workspace's scroll to its end, page after page without a pause, because 60 s idle ends it. When it breaks
 * (500, 404 because it has expired, an answer that did not arrive whole), it starts again from the beginning. Then
 * pages come again, and the reader drops those that it has had. A scroll that breaks right after an empty page looks as
 * if it had ended, so it is read once more when fewer companies came than the list counts.
 *
 * @throws ScrollHeldError when another client's scroll stays open
 * @throws CodedError `intercom_unavailable` when the scroll breaks again and again
 */
export async function* readScroll(options: ScrollOptions): AsyncGenerator<ScannedAnswer, void, void> {
  // Counted before the scroll begins, so that companies created meanwhile do not look like missing ones.
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
 * By Intercom's documents an empty page is the end, but pages with companies have been seen after one (singer's tap,
 * #77). So we trust the end only when the next page is empty too, or is the 404 of a closed scroll.
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

/** Opens the one scroll that a workspace can have. Waits while another client has it. */
async function openScroll(options: ScrollOptions): Promise<ScannedAnswer> {
  const { clock, signal, patienceMs = FOREIGN_SCROLL_PATIENCE_MS, onHeld = () => undefined } = options
  const giveUpAt = clock.monotonic() + patienceMs
  try {
    for (;;) {
      const page = await askScroll(options).catch(unlessHeldByOthers)
      if (page) return page
      const leftMs = giveUpAt - clock.monotonic()
      if (leftMs <= 0) throw new ScrollHeldError(`another application keeps ${options.path} open in this workspace`)
      onHeld(clock.now() + leftMs)
      await clock.sleep(FOREIGN_SCROLL_LOOK_MS, signal)
    }
  } finally {
    onHeld(undefined)
  }
}

/**
 * The scroll moves on with every answer, always with the same `scroll_param`. If a page is lost on its way and we ask
 * again, we get the next one without noticing. So there is only one try. A 429 costs no page and no try. It goes before
 * other requests, because a scroll dies when it is left alone for a minute.
 */
function askScroll({ client, path, version, shape }: ScrollOptions, scrollParam?: string): Promise<ScannedAnswer> {
  const moved = scrollParam === undefined ? {} : { query: { scroll_param: scrollParam }, tries: 1 }
  return client.ask({ method: 'GET', path, version, isUrgent: true, ...moved }, ({ body }) => {
    const answer = scanList(body, shape, path)
    // Every page of a scroll names how to continue. A page that does not is not the end, but somebody else's answer.
    if (typeof answer.envelope('scroll_param') !== 'string') throw new OtherFormError(path)
    return answer
  })
}

/** Intercom says so by a code, or by 423 alone (seen by singer's tap). */
function unlessHeldByOthers(error: unknown): undefined {
  const isHeld =
    error instanceof RefusedError ? error.isOfScroll : error instanceof FailingError && error.status === 423
  if (!isHeld) throw error
}

function isGone(error: unknown): boolean {
  return error instanceof RefusedError && error.gone
}

/** 500 asks for a new scroll, and 404 means that it has expired. After any other failure a page may be lost. */
function isBroken(error: unknown): boolean {
  if (error instanceof RefusedError) return isGone(error)
  return error instanceof CodedError && errorTable[error.code].retryable && !(error instanceof ScrollHeldError)
}
