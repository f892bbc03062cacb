import type { IntercomClient } from '../../intercom/client.ts'
import { ListCappedError, readCompanyList } from '../../intercom/endpoints/companies-list.ts'
import { readScroll, ScrollHeldError } from '../../intercom/endpoints/companies-scroll.ts'
import { type RecordShape, type ScannedAnswer, scanAnswer } from '../../intercom/text/record-scanner.ts'
import type { StreamEntry } from '../../streams/table.ts'
import type { Spool } from '../contract/spool.ts'
import type { WalkLogLine, WalkPorts } from '../contract/walk.ts'
import { createPatientSpool } from '../pages/patient-spool.ts'

export interface CompanyRequest {
  /** The stream of companies. */
  root: StreamEntry
  client: IntercomClient
  /** `Intercom-Version` to send. */
  version: string
  shape: RecordShape
  ports: WalkPorts
  /** Called with what readers of the log must know, before the pages it is about. */
  tell: (entry: WalkLogLine) => void
  /** Called when the scroll has broken and begins again. */
  onRestart: () => void
  /** Called when the list, which leaves companies out, is read in place of the scroll; before its pages. */
  onList: () => void
}

/**
 * All companies of the workspace. They are drained into a spool at Intercom's pace, whatever the reader's: a scroll left
 * alone for a minute dies, and a list changes more the longer it is read.
 *
 * @throws SpoolError when the pages cannot be spooled
 */
export async function* readCompanies(request: CompanyRequest): AsyncGenerator<ScannedAnswer, void, void> {
  const { clock, signal, createSpool, scrollLease } = request.ports
  const spool = await createPatientSpool(createSpool, { clock, signal })
  const dispose = () => void spool.dispose()
  // The attempt may end before anybody reads on, or may have ended while the file was made.
  if (signal.aborted) dispose()
  signal.throwIfAborted()
  signal.addEventListener('abort', dispose, { once: true })
  void scrollLease
    .hold(signal, () => drain(request, spool))
    .then(
      () => spool.close(),
      (error: unknown) => spool.close(error),
    )
  for await (const body of spool.pages()) yield scanAnswer(body, request.shape)
  signal.removeEventListener('abort', dispose)
  dispose()
}

/** By the scroll, which alone gives all; by the list where somebody else does not let the scroll go. */
async function drain(request: CompanyRequest, spool: Spool): Promise<void> {
  const { root, ports, ...asked } = request
  const { clock, signal, scrollPatienceMs: patienceMs, onForeignScroll: onHeld } = ports
  const onShort = (came: number, counted: number) =>
    request.tell({
      level: 'WARN',
      message:
        `${root.name}: the scroll ended after ${came} companies, Intercom counts at least ${counted}, twice: ` +
        'what is missing does not come by itself; reset the stream to read it whole again',
    })
  try {
    for await (const page of readScroll({ ...asked, path: root.path, clock, signal, patienceMs, onShort, onHeld }))
      await spool.append(page.body)
  } catch (error) {
    if (!(error instanceof ScrollHeldError)) throw error
    await drainList(request, spool, error)
  }
}

async function drainList(
  { root, tell, onList, ...asked }: CompanyRequest,
  spool: Spool,
  held: ScrollHeldError,
): Promise<void> {
  const warn = (message: string) => tell({ level: 'WARN', message: `${root.name}: ${message}` })
  warn(
    `${held.message}: the list of companies (POST /companies/list) is read instead. ` +
      'It leaves out companies without users; the next sync that has the scroll brings them',
  )
  onList()
  const pages = readCompanyList(asked)
  try {
    for (;;) {
      const step = await pages.next()
      if (!step.done) {
        await spool.append(step.value.body)
        continue
      }
      const { agreed, readings, found, counted } = step.value
      if (!agreed)
        warn(
          `the list changed each of the ${readings} times it was read: ${found} companies were found, ` +
            `Intercom counts ${counted}; what is missing comes with the next sync that has the scroll`,
        )
      return
    }
  } catch (error) {
    if (!(error instanceof ListCappedError)) throw error
    throw new ScrollHeldError(`${held.message}, and the list cannot stand in for it: ${error.message}`)
  }
}
