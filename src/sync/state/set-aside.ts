import type { Dated, Slice } from './slice.ts'

/**
 * A record with a list that could not be read. It is delivered with the incomplete list, and the next sync delivers it
 * whole.
 */
interface PartialRecord {
  id: string
  /** Unix seconds. */
  updatedAt: number
}

/** Slices that wait for single records of one second. */
const isWaiting = ({ aside, only, from, to }: Slice, second: number): boolean =>
  aside === true && only !== undefined && from === second && to === second + 1

/** Sets aside a record that was delivered incomplete. The next sync reads its second again, and takes only such records. */
export function setAside(slices: Slice[], { id, updatedAt: second }: PartialRecord): void {
  const known = slices.find((slice) => isWaiting(slice, second))
  if (known) known.only = [...new Set([...(known.only ?? []), id])]
  else slices.push({ from: second, to: second + 1, done: false, aside: true, only: [id] })
}

/** The slices that wait for single records. A walk may have a thousand slices, and nearly always none of these. */
export function slicesSetAside(slices: readonly Slice[]): Slice[] {
  return slices.filter(({ aside, only }) => aside === true && only !== undefined)
}

/** Whether the record waits for the next sync in this version, as far as its time shows. */
export function isSetAside(slices: readonly Slice[], { id, updatedAt }: Dated): boolean {
  return updatedAt !== undefined && slices.some((slice) => isWaiting(slice, updatedAt) && slice.only?.includes(id))
}

/** Stops waiting for a record that has come after all: it has changed since, and the walk has met it whole. */
export function takeBack(slices: Slice[], { id, updatedAt }: Dated): void {
  for (const slice of slices.filter(({ aside, only }) => aside && only?.includes(id))) {
    if (updatedAt === undefined || updatedAt < slice.from) continue
    slice.only = slice.only?.filter((other) => other !== id) ?? []
    if (slice.only.length === 0) slices.splice(slices.indexOf(slice), 1)
  }
}

/** Splits a walk's gaps into the single records that wait, by id, and the rest. */
export function splitWaiting(gaps: readonly Slice[]): { waiting: Map<string, number>; stretches: Slice[] } {
  const isSingle = ({ from, to, only, created }: Slice) => only !== undefined && to === from + 1 && !created
  const waiting = gaps.filter(isSingle).flatMap(({ from, only = [] }) => only.map((id) => [id, from] as const))
  return { waiting: new Map(waiting), stretches: gaps.filter((gap) => !isSingle(gap)) }
}

/** The slices in which the waiting records are read again. @param waiting when each was updated, by id */
export function waitingSlices(waiting: Readonly<Record<string, number>>): Slice[] {
  const bySecond = new Map<number, string[]>()
  for (const [id, second] of Object.entries(waiting)) bySecond.set(second, [...(bySecond.get(second) ?? []), id])
  return [...bySecond].map(([from, only]) => ({ from, to: from + 1, done: false, only }))
}
