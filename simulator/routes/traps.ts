import { reasonOf } from '../faults/fault.ts'
import { isTrapped, type Trap } from '../faults/trap.ts'
import type { RecordVersion } from '../records/record-version.ts'
import { RefusedRequest } from '../serving/answer.ts'
import type { EndpointContext } from './endpoint.ts'

/** Inspects a page before it is served; `undefined` when no trap is set. */
export function inspector(
  context: EndpointContext,
  stream: string,
): ((shown: readonly RecordVersion[], perPage: number) => void) | undefined {
  const traps = trapsOf(context, stream, 'page')
  if (traps.length === 0) return undefined
  return (shown, perPage) => {
    const sprung = traps.find(
      (trap) => perPage > (trap.abovePerPage ?? 0) && shown.some((record) => isTrapped(trap, record)),
    )
    if (sprung !== undefined) refuse(sprung, context)
  }
}

/** @throws RefusedRequest when a trap is set on the record */
export function inspectRecord(context: EndpointContext, stream: string, record: RecordVersion): void {
  const sprung = trapsOf(context, stream, 'record').find((trap) => isTrapped(trap, record))
  if (sprung !== undefined) refuse(sprung, context)
}

function trapsOf({ faults, options }: EndpointContext, stream: string, at: Trap['at']): Trap[] {
  const now = options.clock.now()
  return faults.traps.filter(
    (trap) => trap.stream === stream && (trap.at ?? 'page') === at && now < (trap.until ?? Number.POSITIVE_INFINITY),
  )
}

function refuse({ status, message }: Trap, { options }: EndpointContext): never {
  const [code, usual] = reasonOf(status, options.rateLimitPerWindow)
  throw new RefusedRequest(status, code, message ?? usual)
}
